#include "experiments/autoencoder_scan_checks.h"
#include "experiments/autoencoder_scan_figures.h"
#include "experiments/autoencoder_scan_measurement.h"
#include "experiments/autoencoder_scan_options.h"
#include "experiments/autoencoder_scan_table.h"
#include "framework/run/experiment.h"

namespace deepmine {
namespace {

/// Scans of every layer of an autoencoder and of its reconstruction error, of images that fool a
/// classifier.
class AutoencoderScan : public Experiment {
 public:
  using Options = AutoencoderScanOptions;
  explicit AutoencoderScan(Options options) : options_(std::move(options)) { options_.check(); }

  std::map<std::string, Settings> profiles() const override {
    return {{"paper", {}},
            {"quick",
             {{"attacks", "fgsm:epsilon=0.01+bim:epsilon=0.01,step=0.002,steps=10"},
              {"replicates", "0"}}}};
  }

  std::unique_ptr<Measurement> prepare(Workplace& place) const override {
    return autoencoder_scan_measurement(options_, place);
  }
  void conclude(Run& run, Database& database, std::uint64_t seed) const override {
    conclude_autoencoder_scan(run, database, seed);
  }

  std::vector<Table> tables(Database& database, const RunsTogether& runs) const override {
    std::vector<Table> tables;
    for (const std::string& run : runs) {
      for (Table& table : autoencoder_scan_tables(database, run)) tables.push_back(std::move(table));
    }
    return tables;
  }

  std::vector<Headline> headlines(Database& database, const std::string& run) const override {
    return autoencoder_scan_headlines(database, run);
  }

  std::vector<Figure> figures(Database& database, const RunsTogether& runs,
                              const std::filesystem::path& artifacts) const override {
    return autoencoder_scan_figures(database, runs.front(), artifacts);
  }

 private:
  Options options_;
};

DEEPMINE_EXPERIMENT(AutoencoderScan, "autoencoder-scan",
                    "adversarial images in every layer of an autoencoder and in its error");

}  // namespace
}  // namespace deepmine
