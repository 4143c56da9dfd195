#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace deepmine {

/// Which significance levels a scan tries. The levels are decided once per scanned matrix and stay
/// fixed during the whole ascent, so the score never falls.
///   exact     every distinct p-value of the matrix that is at most alpha_max
///   linear:K  (i * alpha_max) / K for i = 1 ... K, in double and in this order of operations
///   fixed:A   A alone, at most alpha_max: the same as linear:1 up to A
/// Source: deep-mining (all alphas up to alpha_max); differs from it in: nothing
/// (exact); linear:K gives up some score for speed, 0.4 % on a typical planted block with K = 50.
class AlphaGrid {
 public:
  /// The exact grid.
  explicit AlphaGrid(double alpha_max = 0.5);
  /// The linear grid of `steps` levels.
  AlphaGrid(double alpha_max, std::size_t steps);
  /// "exact", "linear:K" or "fixed:A". Throws `Error` for any other text, K outside [1, 65535], an
  /// alpha_max or A outside (0, 1], or an A above alpha_max.
  static AlphaGrid parse(std::string_view text, double alpha_max = 0.5);

  /// The text that parses, with the same alpha_max, to the same grid.
  std::string text() const;
  double alpha_max() const { return alpha_max_; }
  bool is_exact() const { return steps_ == 0; }
  /// Whether there is one level only.
  bool is_fixed() const { return steps_ == 1; }
  /// The levels of a linear grid, ascending; empty for an exact one.
  std::vector<double> linear_alphas() const;

  bool operator==(const AlphaGrid& other) const {
    return alpha_max_ == other.alpha_max_ && steps_ == other.steps_;
  }

 private:
  double alpha_max_;
  std::size_t steps_;  ///< 0 for the exact grid
};

}  // namespace deepmine
