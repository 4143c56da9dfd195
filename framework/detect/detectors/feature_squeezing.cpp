#include <algorithm>
#include <functional>
#include <utility>

#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/detect/non_local_means.h"
#include "framework/detect/rows.h"
#include "framework/detect/softmax.h"
#include "framework/detect/squeezers.h"

namespace deepmine {
namespace {

/// How far a network's probabilities move when an image loses detail that its class does not need: the largest sum of
/// absolute differences over several ways of squeezing it, which are the score's parts.
///
/// Source: Xu et al. 2018, sections III and V; their joint detector by the code of EvadeML-Zoo. differs from it in: the
/// threshold is the caller's, from clean inputs.
class FeatureSqueezing : public Detector {
 public:
  struct Options {
    std::int64_t bits = 1;
    std::int64_t median = 2;
    bool nlm = false;
    NonLocalMeans means;

    void describe(Fields& fields) {
      const char* const source = "Xu et al. 2018, table IV";
      fields.add({"bits", &bits, "bits", "that a value keeps; 0 for no such squeezer", source, {0, 8}});
      fields.add({"median", &median, "pixels", "side of the window of medians; 0 for no such squeezer", source,
                  {0, 15}});
      fields.add({"nlm", &nlm, "", "non-local means as well; a program built with OpenCV's photo module has them",
                  source});
      fields.add({"search", &means.search, "pixels", "of nlm: side of the window that is searched", source, {1, 63}});
      fields.add({"patch", &means.patch, "pixels", "of nlm: side of what is compared", source, {1, 31}});
      fields.add({"strength", &means.strength, "grey levels of 255", "of nlm", source, {0, 255, true}});
    }
    static Presets presets() {
      const char* const source = "Xu et al. 2018, table IV";
      return {{"mnist", source, {{"bits", "1"}, {"median", "2"}}},
              {"cifar10", source, {{"bits", "5"}, {"median", "2"}, {"nlm", "true"}}}};
    }
  };

  explicit FeatureSqueezing(const Options& options) : options_(options) {
    if (options.nlm) NonLocalMeans::require();
    ensure(options.bits > 0 || options.median > 0 || options.nlm,
           "feature-squeezing: expected one of the squeezers bits, median and nlm, found none");
  }

  bool learns() const override { return false; }
  void fit(const FitData&, Seed, int) override {}

  Scores score(const Inputs& inputs, int threads) const override {
    const torch::Tensor before = probabilities(inputs);
    Scores scores{std::vector<double>(static_cast<std::size_t>(inputs.size()), 0)};
    for (auto& [name, squeezed] : squeezers(static_cast<std::size_t>(threads))) {
      const Inputs after(inputs.model(), squeezed(inputs.images()), inputs.what() + ", " + name, inputs.progress(),
                         inputs.threads());
      std::vector<double> moved = numbers_of<double>((probabilities(after) - before).abs().sum(1));
      std::transform(moved.begin(), moved.end(), scores.values.begin(), scores.values.begin(),
                     [](double one, double most) { return std::max(one, most); });
      scores.parts[name] = std::move(moved);
    }
    return scores;
  }

 private:
  using Squeezer = std::function<torch::Tensor(const torch::Tensor& images)>;

  std::map<std::string, Squeezer> squeezers(std::size_t threads) const {
    std::map<std::string, Squeezer> result;
    if (options_.bits > 0) result["bits"] = [this](const auto& images) { return fewer_bits(images, options_.bits); };
    if (options_.median > 0) {
      result["median"] = [this](const auto& images) { return median_filtered(images, options_.median); };
    }
    if (options_.nlm) result["nlm"] = [=](const auto& images) { return options_.means(images, threads); };
    return result;
  }

  /// float64 [N, classes]
  static torch::Tensor probabilities(const Inputs& inputs) {
    inputs.model();  // values alone cannot be squeezed
    return finite_logits(inputs.logits()).softmax(1);
  }

  Options options_;
};

DEEPMINE_DETECTOR(FeatureSqueezing, "feature-squeezing", "Feature Squeezing: bits, medians, non-local means");

}  // namespace
}  // namespace deepmine
