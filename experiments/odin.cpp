#include "experiments/odin_checks.h"
#include "experiments/odin_options.h"
#include "experiments/odin_table.h"
#include "framework/evaluate/benchmark.h"
#include "framework/run/experiment.h"

namespace deepmine {
namespace {

/// The table of ODIN (Liang et al. 2018): how well detectors of single inputs tell images of other sets from those that
/// the network was trained for.
class OdinTable : public Experiment {
 public:
  using Options = OdinOptions;
  explicit OdinTable(Options options) : options_(std::move(options)) { options_.check(); }

  std::map<std::string, Settings> profiles() const override {
    return {{"paper", {{"detector", "msp;odin:temperature=1000,epsilon=0.0014"}}},
            {"quick",
             {{"dataset", "fashion-mnist"},
              {"model", "results/checkpoints/resnet20-fashion-mnist.npz"},
              {"ood", "gaussian:shape=1x28x28+uniform:shape=1x28x28"},  // which need no download
              {"detector", "msp;odin:temperature=1000,epsilon=0.0014;mahalanobis"},
              {"skip", "9000"},
              {"fit", "2000"}}}};
  }

  std::unique_ptr<Measurement> prepare(Workplace& place) const override {
    return std::make_unique<Benchmark>(
        options_,
        BenchmarkProtocol{
            "odin",
            options_.canonical(),
            {"experiments/odin_checks.h"},
            "The network of the published table is --set model=densenet:depth=100,growth=12,weights=FILE.npz with the "
            "weights "
            "densenet10.pth.tar of github.com/facebookresearch/odin; README.md says how they become .npz"},
        place);
  }
  void conclude(Run& run, Database& database, std::uint64_t seed) const override { conclude_odin(run, database, seed); }
  std::vector<Table> tables(Database& database, const RunsTogether& runs) const override {
    return odin_tables(database, runs);
  }
  std::vector<Headline> headlines(Database& database, const std::string& run) const override {
    return odin_headlines(database, run);
  }

 private:
  Options options_;
};

DEEPMINE_EXPERIMENT(OdinTable, "odin", "out-of-distribution images one by one, DenseNet on CIFAR-10 (ODIN's table)");

}  // namespace
}  // namespace deepmine
