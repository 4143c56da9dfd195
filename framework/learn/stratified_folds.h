#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace deepmine {

/// The fold, 0 ... `folds` - 1, of each of the inputs whose classes are `labels` [n]: in every fold each class has,
/// but for one input, the same share as in all. Nothing is drawn: inputs of a class go to the folds in their order.
/// Throws `Error` for fewer than two folds and a class with fewer inputs than folds.
/// Source: the StratifiedKFold without shuffling that the code of Ma et al. 2018 (LID) uses; differs from it in: small
/// classes are refused, not warned of.
std::vector<std::size_t> stratified_folds(const std::vector<std::int64_t>& labels, std::size_t folds);

/// The inputs that lie in `fold`, or all others, in their order.
std::vector<std::size_t> inputs_in(const std::vector<std::size_t>& folds, std::size_t fold);
std::vector<std::size_t> inputs_outside(const std::vector<std::size_t>& folds, std::size_t fold);

/// The number of folds: one more than the largest.
std::size_t count_folds(const std::vector<std::size_t>& folds);

}  // namespace deepmine
