// Published networks, their weights as others trained them, classify what they were published to classify.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "framework/core/npz.h"
#include "framework/data/dataset.h"
#include "framework/model/classifier.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

struct Published {
  const char *spec, *file, *dataset;
  std::int64_t first, first_hits;  ///< of the first test images
  std::int64_t begin;              ///< of those that the accuracy was measured on, to the last
  double accuracy;
};

// First hits: what this program found when it reached the accuracies, which another one measured.
const std::vector<Published> kPublished{
    {"resnet:depth=20,shortcut=pad", "resnet-option-a/resnet20-12fca82f.npz", "cifar10", 1000, 915, 0, 0.9173},
    {"resnet:depth=44,shortcut=pad", "resnet-option-a/resnet44-014dd654.npz", "cifar10", 1000, 933, 0, 0.9310},
    {"carlini-mnist:", "carlini-mnist/mnist.npz", "mnist", 1000, 993, 0, 0.9940},
    {"densenet:depth=100,growth=12", "densenet-bc-100-12/densenet_cifar10.npz", "cifar10", 250, 236, 1000, 0.9523}};

/// The folder of published networks; empty where it is not there.
fs::path models() {
  const char* shared = std::getenv("DEEPMINE_SHARED");
  const fs::path folder = fs::path(shared == nullptr ? "" : shared) / "models";
  return shared != nullptr && fs::exists(folder) ? folder : fs::path();
}

std::unique_ptr<Classifier> load(const Published& one) {
  const std::string spec = one.spec;
  return load_classifier(spec + (spec.back() == ':' ? "" : ",") + "weights=" + (models() / one.file).string());
}

std::int64_t hits(Classifier& classifier, const Dataset& data, std::int64_t begin, std::int64_t end) {
  std::int64_t sum = 0;
  for (std::int64_t i = begin; i < end; i += 250) {
    const std::int64_t stop = std::min(end, i + 250);
    sum += (predict(classifier, data.pixels(i, stop)) == data.labels.slice(0, i, stop)).sum().item<std::int64_t>();
  }
  return sum;
}

/// Calls `check` with each network and its test images; says what is skipped.
template <typename Check>
void for_each_published(Check check) {
  if (models().empty() || std::getenv("DEEPMINE_DATA") == nullptr) {
    WARN("SKIPPED: no DEEPMINE_SHARED with models, or no DEEPMINE_DATA");
    return;
  }
  for (const Published& one : kPublished) {
    CAPTURE(one.file);
    check(one, *load(one), load_dataset(one.dataset, Part::kTest, DataFolders()));
  }
}

TEST_CASE("Published networks classify the first test images as in a full pass") {
  for_each_published([](const Published& one, Classifier& classifier, const Dataset& data) {
    CHECK(hits(classifier, data, 0, one.first) == one.first_hits);
  });
}

TEST_CASE("Published networks have their published accuracies on all test images") {
  if (std::getenv("DEEPMINE_LONG_TESTS") == nullptr) {
    WARN("SKIPPED: minutes; set DEEPMINE_LONG_TESTS=1");
    return;
  }
  for_each_published([](const Published& one, Classifier& classifier, const Dataset& data) {
    const std::int64_t found = hits(classifier, data, one.begin, data.size());
    CAPTURE(found);
    CHECK(static_cast<double>(found) / static_cast<double>(data.size() - one.begin) ==
          Approx(one.accuracy).margin(5e-5).epsilon(0));
  });
}

TEST_CASE("Published adversarial images deceive the network that they were made for") {
  if (models().empty() || std::getenv("DEEPMINE_DATA") == nullptr) {
    WARN("SKIPPED: no DEEPMINE_SHARED with models, or no DEEPMINE_DATA");
    return;
  }
  const auto classifier = load(kPublished[2]);
  const Npz published = read_npz(models() / "carlini-mnist" / "cw_l2.npz");
  const auto pixels = values_as<float>(published.arrays.at("adversarial"), "adversarial");
  const auto targets = values_as<std::int64_t>(published.arrays.at("target"), "target");
  const auto sources = values_as<std::int64_t>(published.arrays.at("clean_index"), "clean_index");
  const auto count = static_cast<std::int64_t>(targets.size());
  REQUIRE(count == 630);
  const torch::Tensor images = torch::tensor(at::ArrayRef<float>(pixels)).view({count, 1, 28, 28}) + 0.5;
  CHECK(torch::equal(predict(*classifier, images), torch::tensor(at::ArrayRef<std::int64_t>(targets))));
  const torch::Tensor clean = load_dataset("mnist", Part::kTest, DataFolders())
                                  .pixels(0, 70)
                                  .index_select(0, torch::tensor(at::ArrayRef<std::int64_t>(sources)));
  CHECK((images - clean).flatten(1).norm(2, 1).mean().item<double>() == Approx(2.0958).margin(5e-4));
}

}  // namespace
}  // namespace deepmine
