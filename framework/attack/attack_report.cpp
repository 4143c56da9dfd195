#include "framework/attack/attack_report.h"

#include <utility>
#include <vector>

namespace deepmine {
namespace {

template <typename T>
Array array_of(const torch::Tensor& numbers) {
  const torch::Tensor values = numbers.to(torch::CppTypeToScalarType<T>::value).contiguous();
  const T* begin = values.data_ptr<T>();
  return {{static_cast<std::size_t>(values.numel())}, std::vector<T>(begin, begin + values.numel())};
}

double share_of(const torch::Tensor& mask) { return mask.to(torch::kFloat64).mean().item<double>(); }

}  // namespace

AttackReport::AttackReport(AttackResult result, Goal goal, Before before)
    : result_(std::move(result)), goal_(std::move(goal)), before_(std::move(before)) {
  right_ = before_.predicted == before_.labels;
  candidates_ = goal_.targeted ? right_ & ~goal_.met_by(before_.predicted) : right_;
  fooled_ = candidates_ & result_.success;
}

std::optional<std::int64_t> AttackReport::n_target_before() const {
  if (!goal_.targeted) return std::nullopt;
  return count(goal_.met_by(before_.predicted));
}

std::optional<double> AttackReport::success_rate_of_candidates() const {
  return mean(result_.success.to(torch::kFloat64), candidates_);
}

std::optional<double> AttackReport::clean_accuracy() const {
  if (!before_.labels_given) return std::nullopt;
  return share_of(right_);
}

std::optional<double> AttackReport::robust_accuracy() const {
  if (!before_.labels_given) return std::nullopt;
  return share_of(right_ & (result_.predicted == before_.labels));
}

std::optional<double> AttackReport::mean(const torch::Tensor& numbers, const torch::Tensor& mask) {
  if (count(mask) == 0) return std::nullopt;
  return numbers.masked_select(mask).to(torch::kFloat64).mean().item<double>();
}

Npz AttackReport::rows() const {
  const torch::Tensor targets = goal_.targeted ? goal_.classes : torch::full_like(before_.labels, -1);
  Npz rows;
  rows.arrays = {{"label", array_of<std::int64_t>(before_.labels)},
                 {"target", array_of<std::int64_t>(targets)},
                 {"predicted_clean", array_of<std::int64_t>(before_.predicted)},
                 {"predicted", array_of<std::int64_t>(result_.predicted)},
                 {"success", array_of<std::uint8_t>(result_.success)},
                 {"l0", array_of<float>(result_.l0)},
                 {"l2", array_of<float>(result_.l2)},
                 {"linf", array_of<float>(result_.linf)},
                 {"gradients", array_of<std::int64_t>(result_.gradients)}};
  return rows;
}

}  // namespace deepmine
