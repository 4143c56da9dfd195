#include "framework/attack/attack.h"

#include <torch/autograd.h>
#include <torch/nn/functional/loss.h>

#include <cmath>
#include <stdexcept>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"

namespace deepmine {
namespace {

constexpr std::int64_t kBatch = 100;
/// Float32 subtraction near 1 rounds to 6e-8; a real breach of the budget is far larger.
constexpr double kTolerance = 1e-6;

void check_goal(Classifier& classifier, const torch::Tensor& images, const Goal& goal) {
  torch::NoGradGuard no_gradient;
  ensure(goal.classes.dim() == 1 && goal.classes.size(0) == images.size(0),
         "expected one class for each of {} images, found {}", images.size(0),
         goal.classes.numel());
  const auto count = classifier.logits(images.slice(0, 0, 1)).size(1);
  const auto low = goal.classes.min().item<std::int64_t>();
  const auto high = goal.classes.max().item<std::int64_t>();
  ensure(low >= 0 && high < count, "expected classes 0 to {}, found {} to {}", count - 1, low, high);
}

/// What an attack promised; breaking it is a bug of the attack, not of its user.
void check_promises(const Attack& attack, const torch::Tensor& before, const torch::Tensor& after) {
  const auto broken = [](const char* what) { throw std::logic_error(what); };
  if (after.sizes() != before.sizes()) broken("the attack changed the shape of its images");
  if (!torch::isfinite(after).all().item<bool>()) broken("the attack made NaN or infinite pixels");
  const double low = after.min().item<double>(), high = after.max().item<double>();
  if (attack.clips() && (low < 0 || high > 1)) broken("the attack left [0,1] although it clips");
  const double change = (after - before).abs().max().item<double>();
  if (attack.epsilon() && change > *attack.epsilon() + kTolerance) {
    broken("the attack changed a pixel by more than its epsilon");
  }
}

}  // namespace

Goal Goal::towards(std::int64_t target, std::int64_t count) {
  return towards(torch::full({count}, target, torch::kInt64));
}

Goal Goal::slice(std::int64_t begin, std::int64_t end) const {
  return {targeted, classes.slice(0, begin, end)};
}

torch::Tensor Goal::met_by(const torch::Tensor& predictions) const {
  return targeted ? predictions == classes : predictions != classes;
}

double AttackResult::success_rate() const {
  return success.to(torch::kFloat64).mean().item<double>();
}

AttackResult judge(Classifier& classifier, const torch::Tensor& clean, const torch::Tensor& images,
                   const Goal& goal) {
  const torch::Tensor change = (images - clean).flatten(1);
  AttackResult result{images, predict(classifier, images), {}, {}, {}, {}};
  result.success = goal.met_by(result.predicted);
  result.l0 = (change != 0).sum(1).to(torch::kFloat32);
  result.l2 = change.norm(2, 1);
  result.linf = change.abs().amax(1);
  return result;
}

AttackResult Attack::operator()(Classifier& classifier, const torch::Tensor& images,
                                const Goal& goal, Progress& progress) const {
  check_images(images, "images to attack");
  check_goal(classifier, images, goal);
  torch::Tensor after = torch::empty_like(images, at::MemoryFormat::Contiguous);
  for (std::int64_t begin = 0; begin < images.size(0); begin += kBatch) {
    throw_if_interrupted();
    const std::int64_t end = std::min(images.size(0), begin + kBatch);
    const torch::Tensor batch = images.slice(0, begin, end).clone();
    const torch::Tensor moved = perturb(classifier, batch, goal.slice(begin, end)).detach();
    check_promises(*this, images.slice(0, begin, end), moved);
    after.slice(0, begin, end).copy_(moved);
    progress.advance(static_cast<std::size_t>(end - begin));
  }
  return judge(classifier, images, after, goal);
}

void FixedEpsilonOptions::describe(Fields& fields) {
  fields.add({"epsilon", &epsilon, "pixel units of [0,1]", "largest change of a pixel",
              "CleverHans 2.1", {0, 1}});
  fields.add({"clip", &clip, "", "keep pixels in [0,1] after every step (unit) or not (none)",
              "ours; the papers' attacks do not clip", {}, {"unit", "none"}});
}

torch::Tensor FixedEpsilonOptions::clipped(const torch::Tensor& images) const {
  return clips() ? images.clamp(0, 1) : images;
}

torch::Tensor cross_entropy_gradient(Classifier& classifier, const torch::Tensor& images,
                                     const torch::Tensor& classes) {
  namespace F = torch::nn::functional;
  throw_if_interrupted();
  const torch::Tensor x = images.detach().clone().set_requires_grad(true);
  const auto options = F::CrossEntropyFuncOptions().reduction(torch::kSum);
  const torch::Tensor loss = F::cross_entropy(classifier.logits(x), classes, options);
  ensure(loss.requires_grad(), "expected a model that can be differentiated with respect to its "
         "images, found one whose logits do not depend on them by differentiable steps");
  ensure(std::isfinite(loss.item<double>()), "expected finite logits, found NaN or infinity; is it "
         "the right model for these images?");
  return torch::autograd::grad({loss}, {x})[0];
}

torch::Tensor signed_step(Classifier& classifier, const torch::Tensor& images, const Goal& goal,
                          double step) {
  const torch::Tensor sign = cross_entropy_gradient(classifier, images, goal.classes).sign_();
  return goal.targeted ? images - step * sign : images + step * sign;
}

}  // namespace deepmine
