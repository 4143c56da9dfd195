#pragma once

#include <string>

namespace deepmine {

/// What is kept of a layer's channels [C,H,W].
enum class Pooling {
  kNone,           ///< C*H*W values
  kChannelMean,    ///< C values
  kChannelEnergy,  ///< C values, sums of squares
};

/// A layer of a network, and what is kept of it. Layers without channels are kept whole.
struct Feature {
  std::string layer;
  Pooling pooling = Pooling::kNone;

  /// "stack1.block3.out/mean"
  std::string text() const;
};

bool operator<(const Feature& a, const Feature& b);

}  // namespace deepmine
