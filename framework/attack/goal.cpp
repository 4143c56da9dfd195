#include "framework/attack/goal.h"

#include <limits>

#include "framework/core/seed.h"

namespace deepmine {
namespace {

/// The logits with those of `classes` put out of the running.
torch::Tensor without(const torch::Tensor& logits, const torch::Tensor& classes) {
  return logits.scatter(1, classes.unsqueeze(1), -std::numeric_limits<float>::infinity());
}

}  // namespace

Goal Goal::towards(std::int64_t target, std::int64_t count) {
  return towards(torch::full({count}, target, torch::kInt64));
}

Goal Goal::towards_next(const torch::Tensor& labels, std::int64_t n_classes) {
  return towards((labels + 1).remainder(n_classes));
}

Goal Goal::towards_random(const torch::Tensor& labels, std::int64_t n_classes, std::uint64_t seed) {
  const Seed draws = Seed(seed).child("random targets");
  torch::Tensor targets = labels.contiguous().clone();
  auto* target = targets.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < targets.numel(); ++i) {
    RandomStream random(draws.child(static_cast<std::uint64_t>(i)));
    const auto other = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(n_classes - 1)));
    target[i] = other < target[i] ? other : other + 1;
  }
  return towards(targets);
}

Goal Goal::slice(std::int64_t begin, std::int64_t end) const {
  return {targeted, classes.slice(0, begin, end)};
}

Goal Goal::only(const torch::Tensor& rows) const {
  return {targeted, classes.index_select(0, rows)};
}

torch::Tensor Goal::met_by(const torch::Tensor& predictions) const {
  return targeted ? predictions == classes : predictions != classes;
}

torch::Tensor Goal::margin(const torch::Tensor& logits) const {
  const torch::Tensor own = logits.gather(1, classes.unsqueeze(1)).squeeze(1);
  const torch::Tensor other = std::get<0>(without(logits, classes).max(1));
  return targeted ? own - other : other - own;
}

torch::Tensor Goal::wanted(const torch::Tensor& logits) const {
  return targeted ? classes : without(logits, classes).argmax(1);
}

}  // namespace deepmine
