#include "framework/activation/feature.h"

#include <tuple>

namespace deepmine {

std::string Feature::text() const {
  switch (pooling) {
    case Pooling::kChannelMean:
      return layer + "/mean";
    case Pooling::kChannelEnergy:
      return layer + "/energy";
    default:
      return layer;
  }
}

bool operator<(const Feature& a, const Feature& b) {
  return std::tie(a.layer, a.pooling) < std::tie(b.layer, b.pooling);
}

}  // namespace deepmine
