#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace deepmine {

/// How an image is denoised by what looks alike elsewhere in it.
struct NonLocalMeans {
  std::int64_t search = 13;  ///< pixels of a side, of the window that is searched
  std::int64_t patch = 3;    ///< pixels of a side, of what is compared
  double strength = 2;       ///< in grey levels of 255

  /// Whether this program was built with OpenCV's photo module.
  static bool is_built();
  /// The version of OpenCV, "4.6.0"; empty where it was not.
  static std::string version();
  /// Throws `Error` where it was not.
  static void require();

  /// Images float32 [N,C,H,W] in [0,1] of one or three channels, red first, rounded to 256 levels and denoised. The
  /// result does not depend on `threads`. Throws `Error` for others, and where it is not built.
  /// Source: Buades et al. 2005, by OpenCV, as Xu et al. 2018 call it; differs from theirs in: values are rounded to
  /// the nearest level, theirs down.
  torch::Tensor operator()(const torch::Tensor& images, std::size_t threads) const;
};

}  // namespace deepmine
