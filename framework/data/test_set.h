#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/seed.h"

namespace deepmine {

/// One input that test sets are drawn from.
struct PoolInput {
  std::size_t row = 0;     ///< where its activations stand
  std::size_t source = 0;  ///< index of the dataset's image it is, or was made from
};

/// The inputs of a pool as often as the image they come from was drawn; `times[i]` is for image `first + i`.
std::vector<PoolInput> repeated(const std::vector<PoolInput>& pool, const std::vector<std::uint32_t>& times,
                                std::size_t first);

/// A group of inputs to scan together.
struct TestSet {
  std::vector<std::size_t> rows;     ///< the pool rows, clean ones first
  std::vector<std::uint8_t> anomalous;  ///< 1 where the input is anomalous, one per row
  /// Images that are in the set both clean and anomalous.
  std::size_t shared_sources = 0;
};

/// Draws test sets: so many anomalous inputs, the rest clean, each without replacement.
///
/// Source: deep-mining, section on the experiment's set-up. differs from it in: its draws are
/// independent, so that an image can be in one set clean and anomalous; `disjoint_sources` forbids it.
class TestSetBuilder {
 public:
  TestSetBuilder(std::vector<PoolInput> clean, bool disjoint_sources)
      : clean_(std::move(clean)), disjoint_sources_(disjoint_sources) {}

  /// `size` inputs, `n_anomalous` of them from `anomalous`. Throws `Error` when there are too few.
  TestSet draw(const std::vector<PoolInput>& anomalous, std::size_t size, std::size_t n_anomalous,
               Seed seed) const;

 private:
  std::vector<PoolInput> clean_;
  bool disjoint_sources_;
};

}  // namespace deepmine
