#pragma once

#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

#include "framework/core/error.h"

namespace deepmine {

/// Whether `value` becomes a `To` without more than the rounding of one floating point number to another: no fraction
/// is cut off, nothing leaves the range, and a whole number stays itself. (Two whole numbers beyond 2^53 that became
/// one float64 would be taken for equal.)
template <typename To, typename From>
bool survives(From value) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // 2^63 and 2^8 are exact in every floating point type, the largest integers are not.
    const From limit = std::ldexp(From{1}, std::numeric_limits<To>::digits);
    const From low = std::is_signed_v<To> ? -limit : From{0};
    return value >= low && value < limit && std::trunc(value) == value;
  } else if constexpr (std::is_integral_v<From> && std::is_integral_v<To>) {
    return static_cast<From>(static_cast<To>(value)) == value && (value < 0) == (static_cast<To>(value) < 0);
  } else if constexpr (std::is_integral_v<From> && std::is_floating_point_v<To>) {
    if constexpr (std::numeric_limits<From>::digits <= std::numeric_limits<To>::digits) return true;
    const To rounded = static_cast<To>(value);
    return survives<From>(rounded) && static_cast<From>(rounded) == value;
  } else if constexpr (std::is_same_v<From, double> && std::is_same_v<To, float>) {
    return !std::isfinite(value) || std::isfinite(static_cast<float>(value));
  } else {
    return true;
  }
}

/// Throws `Error` naming `name` for a whole number that `To` does not hold.
template <typename To, typename From>
void ensure_held(From value, std::string_view name) {
  static_assert(std::is_integral_v<From>);
  ensure(
      survives<To>(value),
      "{}: expected whole numbers that {}, found {}; subtract what they have in common, or save them as numbers that "
      "may be rounded, x.astype('float64')",
      name, std::is_floating_point_v<To> ? "float64 holds (all up to 2^53)" : "int64 holds (below 2^63)", value);
}

}  // namespace deepmine
