#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "framework/activation/inputs.h"
#include "framework/core/array.h"
#include "framework/core/error.h"
#include "framework/core/npz.h"

namespace deepmine {

/// int64 [N]: the class of each clean input, its label or where there are none the predicted one.
inline const torch::Tensor& classes_of_clean(const Inputs& clean) {
  return clean.labels.defined() ? clean.labels : clean.predicted();
}

/// How many classes the inputs' model tells apart, and for how many of them a detector had clean inputs to learn from.
struct LearntClasses {
  std::int64_t all = 0;  ///< 0 where there is no model to say so
  std::int64_t learnt = 0;

  static LearntClasses of(const Inputs& clean, std::size_t learnt) {
    return {clean.are_values() ? 0 : clean.logits().size(1), static_cast<std::int64_t>(learnt)};
  }

  /// `scores` says what becomes of inputs of the others: "score 1".
  std::vector<std::string> doubts(const std::string& scores) const {
    if (learnt >= all) return {};
    return {fmt::format(
        "{} of the {} classes have no clean input to learn from: inputs of these {}; give more clean inputs",
        all - learnt, all, scores)};
  }

  void keep(Npz& content) const { content.arrays["classes in all"] = {{2}, std::vector<std::int64_t>{all, learnt}}; }
  static LearntClasses kept(const Npz& content) {
    const auto found = content.arrays.find("classes in all");
    ensure(found != content.arrays.end() && found->second.size() == 2,
           "expected the number of classes in what the detector has "
           "learnt, found none");
    const auto numbers = values_as<std::int64_t>(found->second, "classes in all");
    return {numbers[0], numbers[1]};
  }
};

}  // namespace deepmine
