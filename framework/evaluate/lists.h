#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace deepmine {

/// What stands between the separators; nothing of an empty text.
std::vector<std::string_view> pieces(std::string_view list, char separator);

/// The shares that `percents`, such as "6,8,10", names, ascending, in (0, 1). Throws `Error` for none and
/// for what is no number.
std::vector<double> anomalous_shares(std::string_view percents);

/// How many of `size` inputs a share is.
std::int64_t n_anomalous(double share, std::int64_t size);

/// Throws `Error` unless every share is whole percents, leaves clean and anomalous inputs in sets of `size`
/// and differs from the others there.
void check_anomalous_shares(const std::vector<double>& shares, std::int64_t size);

}  // namespace deepmine
