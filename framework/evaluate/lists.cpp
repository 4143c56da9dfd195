#include "framework/evaluate/lists.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "framework/core/error.h"
#include "framework/core/spec.h"

namespace deepmine {

std::vector<std::string_view> pieces(std::string_view list, char separator) {
  std::vector<std::string_view> found;
  while (!list.empty()) {
    found.push_back(list.substr(0, list.find(separator)));
    list.remove_prefix(std::min(list.size(), found.back().size() + 1));
  }
  return found;
}

std::vector<double> anomalous_shares(std::string_view percents) {
  std::set<double> shares;
  for (std::string_view piece : pieces(percents, ',')) {
    shares.insert(parse_real(piece, "anomalous-percent") / 100);
  }
  ensure(!shares.empty(), "anomalous-percent: expected shares, e.g. 6,8,10, found none");
  return {shares.begin(), shares.end()};
}

std::int64_t n_anomalous(double share, std::int64_t size) {
  return std::lround(share * static_cast<double>(size));
}

void check_anomalous_shares(const std::vector<double>& shares, std::int64_t size) {
  std::set<std::int64_t> counts;
  for (double share : shares) {
    const std::int64_t count = n_anomalous(share, size);
    ensure(share > 0 && share < 1 && count >= 1 && count < size,
           "anomalous-percent: expected shares that leave clean and anomalous inputs in sets of {}, found "
           "{}", size, 100 * share);
    ensure(std::abs(100 * share - std::round(100 * share)) < 1e-9,
           "anomalous-percent: expected whole percents, found {}", 100 * share);
    ensure(counts.insert(count).second,
           "anomalous-percent: expected shares that differ in sets of {}, found two with {} anomalous "
           "inputs", size, count);
  }
}

}  // namespace deepmine
