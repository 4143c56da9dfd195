#include "framework/attack/attack.h"

#include <algorithm>
#include <stdexcept>

#include "framework/attack/kept_batches.h"
#include "framework/core/error.h"
#include "framework/core/shared_progress.h"
#include "framework/model/batches.h"
#include "framework/model/pass_memory.h"

namespace deepmine {
namespace {

/// Float32 subtraction near 1 rounds to 6e-8; a real breach of the budget is far larger.
constexpr double kTolerance = 1e-6;

/// What an attack promised; breaking it is a bug of the attack, not of its user.
void check_promises(const Attack& attack, const torch::Tensor& before, const torch::Tensor& after) {
  const auto broken = [](const char* what) { throw std::logic_error(what); };
  if (after.sizes() != before.sizes()) broken("the attack changed the shape of its images");
  if (!torch::isfinite(after).all().item<bool>()) broken("the attack made NaN or infinite pixels");
  const double low = after.min().item<double>(), high = after.max().item<double>();
  if (attack.clips() && (low < 0 || high > 1)) broken("the attack left [0,1] although it clips");
  const auto budget = attack.budget(before[0].numel());
  if (!budget) return;
  // An L2 norm is a sum of many rounded squares.
  const double tolerance = budget->norm == Norm::kL2 ? kTolerance * (1 + budget->most) * 10 : kTolerance;
  if (distances(before, after, budget->norm).max().item<double>() > budget->most + tolerance) {
    broken("the attack changed an image by more than it may");
  }
}

/// Turns shares of a batch into images done.
class BatchProgress {
 public:
  BatchProgress(Progress& progress, std::int64_t size) : progress_(progress), size_(static_cast<std::size_t>(size)) {}

  void reach(double share) {
    const auto now = std::min(size_, static_cast<std::size_t>(share * static_cast<double>(size_)));
    progress_.advance(now > told_ ? now - told_ : 0);
    told_ = std::max(told_, now);
  }

 private:
  Progress& progress_;
  std::size_t size_;
  std::size_t told_ = 0;
};

}  // namespace

double AttackResult::success_rate() const {
  return success.to(torch::kFloat64).mean().item<double>();
}

torch::Tensor distances(const torch::Tensor& clean, const torch::Tensor& images, Norm norm) {
  const torch::Tensor change = (images - clean).flatten(1);
  if (norm == Norm::kL0) return (change != 0).sum(1).to(torch::kFloat32);
  return norm == Norm::kL2 ? change.norm(2, 1) : change.abs().amax(1);
}

void check_goal(Classifier& classifier, const torch::Tensor& images, const Goal& goal) {
  torch::NoGradGuard no_gradient;
  ensure(goal.classes.dim() == 1 && goal.classes.size(0) == images.size(0),
         "expected one class for each of {} images, found {}", images.size(0),
         goal.classes.numel());
  const auto count = classifier.logits(images.slice(0, 0, 1)).size(1);
  const auto low = goal.classes.min().item<std::int64_t>();
  const auto high = goal.classes.max().item<std::int64_t>();
  ensure(count >= 2, "expected a classifier of at least 2 classes, found {}", count);
  ensure(low >= 0 && high < count, "expected classes 0 to {}, found {} to {}", count - 1, low, high);
}

void check_differentiable(Classifier& classifier, const torch::Tensor& image) {
  if (classifier.logits(image.detach().clone().set_requires_grad(true)).requires_grad()) return;
  const auto& attacks = Registry<Attack>::instance();
  std::vector<std::string> others;
  for (const std::string& name : attacks.names()) {
    if (!attacks.make({name, {}})->needs_gradient()) others.push_back(name);
  }
  fail(
      "expected a model that can be differentiated with respect to its images, found one whose logits do not depend on "
      "them by differentiable steps; attacks that need no gradient: {}",
      fmt::join(others, ", "));
}

AttackResult judge(const torch::Tensor& clean, const torch::Tensor& images, const Goal& goal, torch::Tensor predicted) {
  AttackResult result;
  result.images = images;
  result.predicted = std::move(predicted);
  result.success = goal.met_by(result.predicted);
  result.l0 = distances(clean, images, Norm::kL0);
  result.l2 = distances(clean, images, Norm::kL2);
  result.linf = distances(clean, images, Norm::kLinf);
  return result;
}

AttackResult judge(Classifier& classifier, const torch::Tensor& clean, const torch::Tensor& images, const Goal& goal,
                   int threads) {
  return judge(clean, images, goal, predict(classifier, images, threads));
}

std::uint64_t attacking_memory(Classifier& classifier, const torch::Tensor& image, std::int64_t count, int threads,
                               bool gradients) {
  const PassMemory pass = pass_memory(classifier, image);
  const std::int64_t batch = images_at_once(image[0]);
  const auto images = static_cast<std::uint64_t>(batch * batches_at_once(classifier, count, batch, threads));
  return images * (gradients ? pass.with_gradient : pass.forward);
}

AttackResult Attack::operator()(Classifier& classifier, const torch::Tensor& images, const Goal& goal,
                                Progress& progress, const KeptBatches* kept, int threads) const {
  const AttackResult made = unjudged(classifier, images, goal, progress, kept, threads);
  AttackResult result = judge(classifier, images, made.images, goal, threads);
  result.first = made.first;
  result.gradients = made.gradients;
  result.queries = made.queries;
  return result;
}

AttackResult Attack::unjudged(Classifier& classifier, const torch::Tensor& images, const Goal& goal, Progress& progress,
                              const KeptBatches* kept, int threads) const {
  check_images(images, "images to attack");
  check_goal(classifier, images, goal);
  if (needs_gradient()) check_differentiable(classifier, images.slice(0, 0, 1));
  const std::int64_t size = images_at_once(images[0]);
  std::vector<KeptBatches::Finished> batches(static_cast<std::size_t>((images.size(0) + size - 1) / size));
  SharedProgress shared(progress);
  in_batches(classifier, images.size(0), size, threads, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t number = begin / size;
    const torch::Tensor clean = images.slice(0, begin, end);
    auto finished = kept ? kept->read(number, clean.sizes()) : std::nullopt;
    if (finished) {
      shared.skip(static_cast<std::size_t>(end - begin));
    } else {
      BatchProgress done(shared, end - begin);
      const Batch batch(classifier, clean.clone(), goal.slice(begin, end), [&](double share) { done.reach(share); });
      const Perturbed moved = perturb(batch);
      check_promises(*this, clean, moved.images);
      finished = {moved.images.detach().contiguous(), moved.first, batch.evaluations(), batch.queries()};
      if (kept) kept->write(number, *finished);
      done.reach(1);
    }
    batches[static_cast<std::size_t>(number)] = std::move(*finished);
  });
  const auto all = [&](torch::Tensor KeptBatches::Finished::*part) {
    std::vector<torch::Tensor> parts;
    for (const KeptBatches::Finished& batch : batches) parts.push_back(batch.*part);
    return torch::cat(parts);
  };
  AttackResult result;
  result.images = all(&KeptBatches::Finished::images);
  result.gradients = all(&KeptBatches::Finished::gradients);
  result.queries = all(&KeptBatches::Finished::queries);
  if (batches.front().first.defined()) result.first = all(&KeptBatches::Finished::first);
  return result;
}

Perturbed Attack::carry_out(const Attack& attack, const Batch& batch) {
  Perturbed moved = attack.perturb(batch);
  check_promises(attack, batch.images(), moved.images);
  return moved;
}

Perturbed MinimalDistanceAttack::perturb(const Batch& batch) const {
  const Found found = search(batch);
  return torch::where(per_image(found.any), found.images, batch.images());
}

void ClipOptions::describe(Fields& fields) {
  fields.add({"clip", &clip, "", "keep pixels in [0,1] after every step (unit) or not (none)",
              "ours; the papers' attacks do not clip", {}, {"unit", "none"}});
}

torch::Tensor ClipOptions::clipped(const torch::Tensor& images) const {
  return clips() ? images.clamp(0, 1) : images;
}

void FixedEpsilonOptions::describe(Fields& fields) {
  fields.add({"epsilon", &epsilon, "pixel units of [0,1]", "largest change of a pixel",
              "CleverHans 2.1", {0, 1}});
  ClipOptions::describe(fields);
}

torch::Tensor FixedEpsilonOptions::boxed(const torch::Tensor& x, const torch::Tensor& clean) const {
  return clipped(clean + (x - clean).clamp(-epsilon, epsilon));
}

}  // namespace deepmine
