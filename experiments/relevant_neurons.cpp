#include "experiments/relevant_neurons_checks.h"
#include "experiments/relevant_neurons_options.h"
#include "experiments/relevant_neurons_table.h"
#include "framework/evaluate/attack_benchmark.h"
#include "framework/run/experiment.h"

namespace deepmine {
namespace {

/// Tables 1 to 4 of relevant-neurons: a run is one detector that learns from one attack, and scores all of them.
class RelevantNeuronsExperiment : public Experiment {
 public:
  using Options = RelevantNeuronsOptions;
  explicit RelevantNeuronsExperiment(Options options) : options_(std::move(options)) { options_.check(); }

  std::map<std::string, Settings> profiles() const override {
    return {{"small", {{"detector", "relevant-neurons:set=shared;relevant-neurons:set=clean;margin;nic;"
                        "relevant-neurons:set=symmetric-difference;feature-squeezing:preset=mnist"}}},
            {"quick",
             {{"dataset", "fashion-mnist"},
              {"model", "results/checkpoints/cnn-fashion-mnist.npz"},
              {"attacks", "fgsm-minimal:epsilons=100"},
              {"attacked", "500"},
              {"learn-attack", "fgsm-minimal:epsilons=100"},
              {"learn", "1000"},
              {"fit", "2000"},
              {"skip", "9000"},
              {"detector", "relevant-neurons:set=clean;relevant-neurons:set=shared;margin"}}}};
  }

  std::unique_ptr<Measurement> prepare(Workplace& place) const override {
    return std::make_unique<AttackBenchmark>(
        options_,
        BenchmarkProtocol{"relevant-neurons",
                          options_.canonical(),
                          {"experiments/relevant_neurons_checks.h"},
                          "Carlini's network with published weights is --set model=carlini-mnist:weights=FILE.npz"},
        place);
  }
  void conclude(Run& run, Database& database, std::uint64_t seed) const override {
    conclude_relevant_neurons(run, database, seed);
  }
  std::vector<Table> tables(Database& database, const RunsTogether& runs) const override {
    return relevant_neurons_tables(database, runs);
  }

 private:
  Options options_;
};

DEEPMINE_EXPERIMENT(RelevantNeuronsExperiment, "relevant-neurons",
                    "random forests on relevant units against adversarial images (Tables 1 to 4)");

}  // namespace
}  // namespace deepmine
