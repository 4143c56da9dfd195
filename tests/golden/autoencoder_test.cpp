// The published autoencoder of autoencoder-scan on its published adversarial images gives the published
// method's numbers.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "framework/activation/activations.h"
#include "framework/core/array.h"
#include "framework/data/dataset.h"
#include "framework/detect/group_detector.h"
#include "framework/detect/rows.h"
#include "framework/learn/roc.h"
#include "framework/model/autoencoder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kBackground = 7000, kClean = 1500;

struct Expected {
  const char* layer;
  double fgm, fgm_clipped, bim, bim_clipped;
};

const std::vector<Expected> kScans{
    {"conv2d_1", 0.9743, 0.8247, 0.964, 0.8206},          {"max_pooling2d_1", 0.9797, 0.8679, 0.9722, 0.8616},
    {"conv2d_2", 0.5309, 0.4786, 0.5191, 0.4858},         {"max_pooling2d_2", 0.5136, 0.4469, 0.5006, 0.4468},
    {"conv2d_3", 0.5076, 0.5013, 0.5007, 0.4995},         {"max_pooling2d_3", 0.4785, 0.468, 0.4732, 0.4656},
    {"conv2d_4", 0.4064, 0.3788, 0.404, 0.3799},          {"up_sampling2d_1", 0.4064, 0.3788, 0.404, 0.3799},
    {"conv2d_5", 0.4197, 0.3854, 0.4136, 0.3835},         {"up_sampling2d_2", 0.4197, 0.3854, 0.4136, 0.3835},
    {"conv2d_6", 0.3506, 0.3144, 0.3421, 0.3123},         {"up_sampling2d_3", 0.3506, 0.3144, 0.3421, 0.3123},
    {"conv2d_7", 0.5971, 0.6115, 0.5949, 0.6082},         {"reconstruction-error", 0.6735, 0.7152, 0.6990, 0.7355}};
const Expected kMean{"mean", 0.631, 0.703, 0.642, 0.703};
// The largest error is known of the images as published only.
const Expected kMax{"max", 0.523, -1, 0.507, -1};

torch::Tensor images_of(const fs::path& file) {
  const Array array = read_array(file);
  const auto values = values_as<float>(array, file.string());
  return torch::from_blob(const_cast<float*>(values.data()),
                          std::vector<std::int64_t>(array.shape.begin(), array.shape.end()), torch::kFloat32)
      .clone();
}

/// The sets of images, one after the other: clean, then each of the anomalous ones.
struct Images {
  torch::Tensor all;
  std::vector<std::size_t> ends;

  void add(const torch::Tensor& images) {
    all = all.defined() ? torch::cat({all, images}) : images;
    ends.push_back(static_cast<std::size_t>(all.size(0)));
  }
  std::vector<double> part(const std::vector<double>& scores, std::size_t i) const {
    const auto begin = i == 0 ? 0 : static_cast<std::ptrdiff_t>(ends[i - 1]);
    return {scores.begin() + begin, scores.begin() + static_cast<std::ptrdiff_t>(ends[i])};
  }
  void check(const std::vector<double>& scores, const Expected& expected) const {
    INFO(expected.layer);
    const double wanted[] = {expected.fgm, expected.fgm_clipped, expected.bim, expected.bim_clipped};
    for (std::size_t i = 0; i < 4; ++i) {
      if (wanted[i] >= 0) CHECK(std::abs(auroc(part(scores, i + 1), part(scores, 0)) - wanted[i]) <= 0.003);
    }
  }
};

TEST_CASE("The published autoencoder gives the published method's detection power in every layer") {
  const char* shared = std::getenv("DEEPMINE_SHARED");
  const fs::path golden = fs::path(shared == nullptr ? "" : shared) / "golden" / "autoencoder-fashion";
  if (shared == nullptr || !fs::exists(golden / "weights.npz")) {
    WARN("SKIPPED: no DEEPMINE_SHARED with golden/autoencoder-fashion");
    return;
  }
  if (!fs::exists("/usr/share/datasets/fashion-mnist")) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const auto autoencoder = load_autoencoder("autoencoder:weights=" + (golden / "weights.npz").string());
  const Dataset data = load_dataset("fashion-mnist", Part::kTest, DataFolders());
  Images images;
  images.add(data.pixels(kBackground, kBackground + kClean));
  for (const char* file : {"fgm.npy", "bim.npy"}) {
    const torch::Tensor anomalous = images_of(golden / file);
    REQUIRE(anomalous.size(0) == (images.ends.size() == 1 ? 253 : 304));
    images.add(anomalous);
    images.add(anomalous.clamp(0, 1));
  }
  for (const Expected& expected : kScans) {
    Inputs background(*autoencoder, data.pixels(0, kBackground)), inputs(*autoencoder, images.all);
    for (Inputs* all : {&background, &inputs}) all->predict(torch::zeros({all->size()}, torch::kInt64));
    const auto detector = make_group_detector(Spec::parse("subset-scan:alphas=exact"));
    detector->read({expected.layer});
    detector->fit({background}, Seed(1), 2);
    const auto pool = detector->admit(inputs, 2);
    const torch::Tensor nodes = inputs.feature({expected.layer});
    const MatrixView<float> evaluation = view_of<float>(nodes);
    std::vector<double> scores(evaluation.rows()), mean(evaluation.rows()), largest(evaluation.rows());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      scores[i] = pool->score_alone(i).score;
      mean[i] = std::accumulate(evaluation.row(i), evaluation.row(i) + evaluation.cols(), 0.0);
      largest[i] = *std::max_element(evaluation.row(i), evaluation.row(i) + evaluation.cols());
    }
    images.check(scores, expected);
    if (std::string(expected.layer) != Autoencoder::kError) continue;
    images.check(mean, kMean);
    images.check(largest, kMax);
  }
}

}  // namespace
}  // namespace deepmine
