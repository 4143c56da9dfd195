#include "experiments/deep_mining_checks.h"
#include "experiments/deep_mining_figures.h"
#include "experiments/deep_mining_measurement.h"
#include "experiments/deep_mining_options.h"
#include "experiments/deep_mining_table.h"
#include "framework/run/experiment.h"

namespace deepmine {
namespace {

/// Table 1 of Deep Mining: how well groups of inputs with few anomalous ones are told
/// from clean groups, and the anomalous ones found in them.
class DeepMining : public Experiment {
 public:
  using Options = DeepMiningOptions;
  explicit DeepMining(Options options) : options_(std::move(options)) { options_.check(); }

  std::map<std::string, Settings> profiles() const override {
    // The paper's setting, and both tails with p-values of the predicted class.
    const std::string detectors = "subset-scan;subset-scan:preset=two-sided";
    return {{"paper", {{"detector", detectors}}},
            {"quick",
             {{"dataset", "fashion-mnist"},
              {"model", "results/checkpoints/resnet20-fashion-mnist.npz"},
              {"attack", "bim"},  // CleverHans' defaults; kept after seeing tables of five
              // settings on these images, so this profile demonstrates and proves nothing
              {"detector", detectors},
              {"targets", "0,1,2"},
              {"replicates", "30"}}}};
  }

  std::unique_ptr<Measurement> prepare(Workplace& place) const override {
    return deep_mining_measurement(options_, place);
  }
  void conclude(Run& run, Database& database, std::uint64_t seed) const override {
    conclude_deep_mining(run, database, seed);
  }

  std::vector<Table> tables(Database& database, const RunsTogether& runs) const override {
    return deep_mining_tables(database, runs);
  }

  std::vector<Headline> headlines(Database& database, const std::string& run) const override {
    return deep_mining_headlines(database, run);
  }

  std::vector<Figure> figures(Database& database, const RunsTogether& runs,
                              const std::filesystem::path& artifacts) const override {
    return deep_mining_figures(database, runs, artifacts);
  }

 private:
  Options options_;
};

DEEPMINE_EXPERIMENT(DeepMining, "deep-mining",
                    "groups with few adversarial images, ResNet20 on CIFAR-10 (Table 1)");

}  // namespace
}  // namespace deepmine
