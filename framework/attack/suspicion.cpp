#include "framework/attack/suspicion.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/model/doubt.h"

namespace deepmine {
namespace {

constexpr std::int64_t kImages = 25;

torch::Tensor few(const torch::Tensor& all) { return all.slice(0, 0, std::min(all.size(0), kImages)); }

/// Non-negative and adding up to 1, image by image.
bool are_probabilities(const torch::Tensor& logits) {
  constexpr double kTolerance = 1e-4;
  return (logits >= 0).all().item<bool>() && ((logits.sum(1) - 1).abs() < kTolerance).all().item<bool>();
}

std::int64_t steps_of(const Spec& attack) {
  const Spec full = Spec::parse(Registry<Attack>::instance().canonical(attack));
  const auto steps = full.values.find("steps");
  return steps == full.values.end() ? 0 : parse_integer(steps->second, "steps");
}

}  // namespace

std::vector<std::string> suspicions(Classifier& classifier, const torch::Tensor& images, const Goal& goal,
                                    bool gradients) {
  check_goal(classifier, images, goal);
  if (gradients) check_differentiable(classifier, images.slice(0, 0, 1));
  const Batch batch(classifier, few(images).contiguous(), goal.slice(0, std::min(images.size(0), kImages)));
  std::vector<std::string> found = doubts_about(classifier, images);
  const torch::Tensor logits = batch.logits(batch.images());
  if (!gradients) return found;
  if (are_probabilities(logits)) {
    found.push_back("the model's outputs look like probabilities: gradients vanish where they saturate; let it return "
                    "logits, without the softmax");
  }
  const torch::Tensor gradient = batch.cross_entropy_slope(batch.images()).gradient.flatten(1);
  const auto zero = (gradient == 0).all(1).sum().item<std::int64_t>();
  if (zero > 0) {
    found.push_back(
        fmt::format("the gradient is 0 in every pixel for {} of {} images: gradient attacks cannot move "
                    "them; look for rounding, hard thresholds or saturation in the model",
                    zero, batch.size()));
  }
  return found;
}

std::optional<std::string> weaker_with_more_steps(const Spec& attack, Classifier& classifier,
                                                  const torch::Tensor& images, const Goal& goal,
                                                  const AttackResult& result, Progress& progress) {
  constexpr std::int64_t kClear = 3;  // one or two images may be chance
  const std::int64_t steps = steps_of(attack);
  if (steps < 2 || !Registry<Attack>::instance().make(attack)->needs_gradient()) return std::nullopt;
  Spec half = Spec::parse(Registry<Attack>::instance().canonical(attack));  // a step that follows from steps stays
  half.values["steps"] = std::to_string(steps / 2);
  const torch::Tensor sample = few(images).contiguous();
  const std::int64_t size = sample.size(0);
  progress.begin("check with half the steps", static_cast<std::size_t>(size));
  const AttackResult fewer =
      (*Registry<Attack>::instance().make(half))(classifier, sample, goal.slice(0, size), progress);
  progress.end();
  const auto count = [&](const torch::Tensor& success) { return success.slice(0, 0, size).sum().item<std::int64_t>(); };
  const std::int64_t now = count(result.success), before = count(fewer.success);
  if (now + kClear > before) return std::nullopt;
  return fmt::format(
      "{} succeeds on {} of {} images with {} steps, on {} with {}: more steps should not make it weaker; "
      "look for gradients that mislead, or a random model",
      attack.name, now, size, steps, before, steps / 2);
}

std::optional<std::string> falls_short(const Spec& attack, std::int64_t n_values) {
  constexpr double kRounding = 1e-9;  // 10 x 0.002 is 0.02
  if (const auto members = attack.values.find("attacks"); members != attack.values.end()) {
    for (const Spec& member : parse_specs(members->second)) {
      if (auto found = falls_short(member, n_values)) return found;
    }
  }
  const auto object = Registry<Attack>::instance().make(attack);
  const auto budget = object->budget(n_values);
  const auto reach = object->reach(n_values);
  if (!budget || !reach || *reach >= budget->most * (1 - kRounding)) return std::nullopt;
  const char* const unit = budget->norm == Norm::kL0 ? "values" : budget->norm == Norm::kL2 ? "in L2" : "in L-infinity";
  return fmt::format(
      "{} moves an image by {:.4g} {} at most, its steps taken together, though it may go to {:.4g}: more "
      "or longer steps are needed to use what it may",
      attack.name, *reach, unit, budget->most);
}

}  // namespace deepmine
