#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// How many of the selected items each record has up to each bin: counts(b, r) = #{i in `items` :
/// bins(r, i) <= b} for b < `bin_count` (at most 255). `bins` is [records x items], `items`
/// ascending columns of it; `counts` is resized to [bin_count x records]. The one place where a
/// scan reads its matrix.
void count_bins(const Matrix<std::uint8_t>& bins, const std::vector<std::uint32_t>& items,
                std::size_t bin_count, Matrix<std::uint32_t>& counts);

}  // namespace deepmine
