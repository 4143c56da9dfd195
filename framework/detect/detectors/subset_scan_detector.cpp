#include <algorithm>
#include <memory>
#include <stdexcept>

#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/scan/individual_scan.h"
#include "framework/scan/p_values.h"
#include "framework/scan/parallel_blocks.h"
#include "framework/scan/subset_scan.h"

namespace deepmine {
namespace {

/// Every input of `numerators` scanned alone, over all its p-values whatever the grid of the group
/// scans: exact, and as fast.
std::vector<IndividualScore> scan_alone(const Matrix<std::uint32_t>& numerators,
                                        std::uint32_t denominator, const ScanOptions& options,
                                        std::size_t threads) {
  const AlphaGrid exact(options.alphas.alpha_max());
  std::vector<IndividualScore> scores(numerators.rows());
  parallel_blocks(numerators.rows(), 64, threads, [&](std::size_t begin, std::size_t end) {
    const MatrixView<std::uint32_t> rows(numerators.row(begin), end - begin, numerators.cols());
    const auto found =
        individual_scan(PValueMatrix(rows, denominator, exact), options.statistic);
    std::copy(found.begin(), found.end(), scores.begin() + static_cast<std::ptrdiff_t>(begin));
  });
  return scores;
}

/// P-values of all admitted inputs, kept as grid levels; a test set gathers its rows.
class ScanPool : public ScoringPool {
 public:
  ScanPool(PValueMatrix p_values, std::vector<IndividualScore> alone, ScanOptions options)
      : p_values_(std::move(p_values)), alone_(std::move(alone)), options_(std::move(options)) {}

  GroupScore score(const std::vector<std::size_t>& rows, Seed seed) const override {
    const ScanResult found = scan(p_values_.gather(rows), options_, seed);
    return {found.score, found.inputs,     found.alpha,          found.nodes.size(),
            found.best_restart, found.half_steps, found.restart_scores};
  }

  GroupScore score_alone(std::size_t row) const override {
    const IndividualScore& found = alone_.at(row);
    GroupScore result{found.score, {}};
    if (found.alpha) result.anomalous.push_back(0);
    result.alpha = found.alpha;
    result.n_nodes = found.nodes;
    return result;
  }

 private:
  PValueMatrix p_values_;
  std::vector<IndividualScore> alone_;
  ScanOptions options_;
};

template <typename Names>
std::vector<std::string> texts(const Names& values, std::string_view (*name)(
                                                        typename Names::value_type)) {
  std::vector<std::string> result;
  for (const auto value : values) result.emplace_back(name(value));
  return result;
}

/// Nonparametric subset scanning: the subset of inputs and nodes whose empirical p-values are
/// lower than chance allows, by the highest scan statistic.
///
/// Source: deep-mining, its sections on p-values, scoring and search.
/// differs from it in: the alphas tried for groups are 50 equal steps by default instead of all
/// (alphas=exact); single inputs are always scanned exactly.
class SubsetScanDetector : public Detector {
 public:
  struct Options {
    std::string statistic = "berk-jones";
    std::string alphas = "linear:50";
    double alpha_max = 0.5;
    std::string start = "paper";
    std::int64_t restarts = 5;

    void describe(Fields& fields) {
      fields.add({"statistic", &statistic, "", "scan statistic", "deep-mining", {},
                  texts(scan_statistics(), scan_statistic_name)});
      fields.add({"alphas", &alphas, "", "significance levels tried: exact or linear:K", "ours"});
      fields.add({"alpha-max", &alpha_max, "", "largest significance level", "deep-mining",
                  {0, 1, true}});
      fields.add({"start", &start, "", "how ascents start", "deep-mining", {},
                  texts(start_schemes(), start_scheme_name)});
      fields.add({"restarts", &restarts, "", "ascents per scan", "deep-mining", {1, 100000}});
    }
  };

  explicit SubsetScanDetector(const Options& options)
      : options_{parse_scan_statistic(options.statistic),
                 AlphaGrid::parse(options.alphas, options.alpha_max),
                 parse_start_scheme(options.start), static_cast<std::size_t>(options.restarts)} {}

  void fit(MatrixView<float> background, std::size_t threads) override {
    background_ = std::make_unique<SortedBackground<float>>(background, threads);
  }

  std::unique_ptr<ScoringPool> admit(MatrixView<float> evaluation,
                                     std::size_t threads) const override {
    if (!background_) throw std::logic_error("a detector must be fitted before it scores");
    const auto numerators = background_->numerators(evaluation, PValueEnd::kUpper, threads);
    const std::uint32_t denominator = background_->denominator();
    return std::make_unique<ScanPool>(PValueMatrix(numerators, denominator, options_.alphas),
                                      scan_alone(numerators, denominator, options_, threads),
                                      options_);
  }

 private:
  ScanOptions options_;
  std::unique_ptr<SortedBackground<float>> background_;
};

DEEPMINE_DETECTOR(SubsetScanDetector, "subset-scan", "Nonparametric subset scanning");

}  // namespace
}  // namespace deepmine
