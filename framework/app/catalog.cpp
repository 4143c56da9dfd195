#include "framework/app/catalog.h"

#include <algorithm>

#include "framework/attack/attack.h"
#include "framework/core/nearest.h"
#include "framework/data/dataset.h"
#include "framework/detect/detector.h"
#include "framework/model/network.h"
#include "framework/run/experiment.h"
#include "framework/scan/scan_statistic.h"

namespace deepmine {
namespace {

template <typename Interface>
Kind kind_of(std::string plural) {
  const auto& registry = Registry<Interface>::instance();
  return {std::move(plural), Interface::kKind, [&registry] { return registry.names(); },
          [&registry](std::string_view name) { return registry.describe(name); }};
}

std::string title_of(ScanStatistic statistic) {
  switch (statistic) {
    case ScanStatistic::kBerkJones:
      return "Berk-Jones: n KL(n_alpha / n, alpha)";
    case ScanStatistic::kHigherCriticism:
      return "Higher Criticism: (n_alpha - n alpha) / sqrt(n alpha (1 - alpha))";
    case ScanStatistic::kKolmogorovSmirnov:
      return "Kolmogorov-Smirnov: (n_alpha - n alpha) / sqrt(n)";
  }
  return {};
}

Kind statistics() {
  const auto names = [] {
    std::vector<std::string> result;
    for (ScanStatistic statistic : scan_statistics()) {
      result.emplace_back(scan_statistic_name(statistic));
    }
    return result;
  };
  const auto describe = [](std::string_view name) {
    return Description{std::string(name), title_of(parse_scan_statistic(name)), {}};
  };
  return {"statistics", "statistic", names, describe};
}

}  // namespace

const std::vector<Kind>& catalog() {
  static const std::vector<Kind> kinds{
      kind_of<DatasetLoader>("datasets"),
      kind_of<Network>("networks"),
      kind_of<Attack>("attacks"),
      kind_of<Detector>("detectors"),
      statistics(),
      kind_of<Experiment>("experiments"),
  };
  return kinds;
}

const Kind& find_kind(std::string_view name) {
  std::vector<std::string> known;
  for (const Kind& kind : catalog()) {
    if (kind.plural == name || kind.singular == name) return kind;
    known.push_back(kind.plural);
  }
  fail("unknown kind \"{}\"; known: {}", name, fmt::join(known, ", "));
}

}  // namespace deepmine
