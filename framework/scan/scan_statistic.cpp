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
    : statistic_(statistic), alpha_(alpha), log_inverse_(std::log(1 / alpha)),
      variance_(alpha * (1 - alpha)) {}

double scan_score(ScanStatistic statistic, std::uint64_t n_alpha, std::uint64_t n, double alpha) {
  return AlphaScorer(statistic, alpha)(n_alpha, n);
}

}  // namespace deepmine
