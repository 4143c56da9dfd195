#include "framework/learn/stratified_folds.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "framework/core/error.h"

namespace deepmine {
namespace {

/// The labels numbered by their first appearance.
std::vector<std::size_t> numbered(const std::vector<std::int64_t>& labels, std::size_t& count) {
  std::map<std::int64_t, std::size_t> numbers;
  std::vector<std::size_t> result;
  for (const std::int64_t label : labels) result.push_back(numbers.emplace(label, numbers.size()).first->second);
  count = numbers.size();
  return result;
}

/// How many inputs of each class go to each fold, [class][fold]: as if all, sorted by class, were dealt round.
std::vector<std::vector<std::size_t>> dealt(std::vector<std::size_t> classes, std::size_t n_classes,
                                            std::size_t folds) {
  std::sort(classes.begin(), classes.end());
  std::vector<std::vector<std::size_t>> share(n_classes, std::vector<std::size_t>(folds, 0));
  for (std::size_t i = 0; i < classes.size(); ++i) ++share[classes[i]][i % folds];
  return share;
}

template <typename Keep>
std::vector<std::size_t> inputs_where(std::size_t count, Keep keep) {
  std::vector<std::size_t> inputs;
  for (std::size_t i = 0; i < count; ++i) {
    if (keep(i)) inputs.push_back(i);
  }
  return inputs;
}

}  // namespace

std::vector<std::size_t> stratified_folds(const std::vector<std::int64_t>& labels, std::size_t folds) {
  ensure(folds >= 2, "folds: expected at least 2, found {}", folds);
  std::size_t n_classes = 0;
  const std::vector<std::size_t> classes = numbered(labels, n_classes);
  std::vector<std::vector<std::size_t>> share = dealt(classes, n_classes, folds);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::size_t size = std::accumulate(share[classes[i]].begin(), share[classes[i]].end(), std::size_t{0});
    ensure(size >= folds, "folds: expected at least {} inputs of each class, found {} of class {}; take fewer folds",
           folds, size, labels[i]);
  }
  std::vector<std::size_t> result(labels.size()), at(n_classes, 0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::size_t& fold = at[classes[i]];
    while (share[classes[i]][fold] == 0) ++fold;
    --share[classes[i]][fold];
    result[i] = fold;
  }
  return result;
}

std::vector<std::size_t> inputs_in(const std::vector<std::size_t>& folds, std::size_t fold) {
  return inputs_where(folds.size(), [&](std::size_t i) { return folds[i] == fold; });
}

std::vector<std::size_t> inputs_outside(const std::vector<std::size_t>& folds, std::size_t fold) {
  return inputs_where(folds.size(), [&](std::size_t i) { return folds[i] != fold; });
}

std::size_t count_folds(const std::vector<std::size_t>& folds) {
  return folds.empty() ? 0 : *std::max_element(folds.begin(), folds.end()) + 1;
}

}  // namespace deepmine
