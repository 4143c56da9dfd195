#include "framework/scan/scan_statistic.h"

#include "framework/scan/named_choice.h"

namespace deepmine {
namespace {

constexpr NamedChoice<ScanStatistic> kNames[] = {
    {ScanStatistic::kBerkJones, "berk-jones"},
    {ScanStatistic::kHigherCriticism, "higher-criticism"},
    {ScanStatistic::kKolmogorovSmirnov, "kolmogorov-smirnov"},
};

}  // namespace

const std::vector<ScanStatistic>& scan_statistics() {
  static const std::vector<ScanStatistic> all = choices_of(kNames);
  return all;
}

std::string_view scan_statistic_name(ScanStatistic statistic) { return name_of(kNames, statistic); }

ScanStatistic parse_scan_statistic(std::string_view name) {
  return parse_choice(kNames, name, "scan statistic");
}

AlphaScorer::AlphaScorer(ScanStatistic statistic, double alpha)
    : statistic_(statistic),
      alpha_(alpha),
      log_inverse_(std::log(1 / alpha)),
      log_rest_(std::log1p(-alpha)),
      scale_(statistic == ScanStatistic::kHigherCriticism ? 1 / std::sqrt(alpha * (1 - alpha)) : 1),
      unit_error_(1e-13 * std::max(1.0, log_inverse_)) {
  static_assert(1e-13 > 5 * kernels::kEntropyError);
}

double AlphaScorer::upper_bounds(const kernels::SubsetColumns& subsets, double* bounds) const {
  if (alpha_ >= 1) {
    std::fill_n(bounds, subsets.count, 0.0);
    return 0;
  }
  const double least_mean = alpha_ - unit_error_;
  if (statistic_ == ScanStatistic::kBerkJones) {
    return kernels::divergences(subsets, -log_inverse_, log_rest_, unit_error_, least_mean, bounds);
  }
  return kernels::excesses(subsets, least_mean, scale_, least_mean, bounds);
}

double scan_score(ScanStatistic statistic, std::uint64_t n_alpha, std::uint64_t n, double alpha) {
  return AlphaScorer(statistic, alpha)(n_alpha, n);
}

}  // namespace deepmine
