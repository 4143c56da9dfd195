#include "framework/attack/batch.h"

#include <torch/nn/functional/loss.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/model/gradient.h"

namespace deepmine {
namespace {

torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& classes) {
  namespace F = torch::nn::functional;
  return F::cross_entropy(logits, classes, F::CrossEntropyFuncOptions().reduction(torch::kNone));
}

std::uint64_t hash_of(const torch::Tensor& image) {
  const torch::Tensor pixels = image.contiguous();
  const auto* bytes = static_cast<const unsigned char*>(pixels.data_ptr());
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (std::size_t i = 0; i < pixels.nbytes(); ++i) hash = (hash ^ bytes[i]) * 1099511628211U;
  return hash;
}

void ensure_finite(const torch::Tensor& logits) {
  ensure(torch::isfinite(logits).all().item<bool>(), "expected finite logits, found NaN or infinity; is it "
         "the right model for these images?");
}

}  // namespace

Batch::Batch(Classifier& classifier, torch::Tensor images, Goal goal, Report report)
    : classifier_(&classifier),
      images_(std::move(images)),
      goal_(std::move(goal)),
      rows_(torch::arange(images_.size(0))),
      evaluations_(std::make_shared<torch::Tensor>(torch::zeros({images_.size(0)}, torch::kInt64))),
      queries_(std::make_shared<torch::Tensor>(torch::zeros({images_.size(0)}, torch::kInt64))),
      report_(std::move(report)) {}

Batch Batch::only(const torch::Tensor& rows) const {
  Batch result = *this;
  result.images_ = images_.index_select(0, rows);
  result.goal_ = goal_.only(rows);
  result.rows_ = rows_.index_select(0, rows);
  return result;
}

Batch Batch::part(double begin, double end) const {
  Batch result = *this;
  if (report_) result.report_ = [whole = report_, begin, end](double share) { whole(begin + (end - begin) * share); };
  return result;
}

torch::Tensor Batch::logits(const torch::Tensor& x) const {
  torch::NoGradGuard no_gradient;
  throw_if_interrupted();
  const torch::Tensor logits = classifier_->logits(x).to(x.scalar_type());
  ensure_finite(logits);
  count(*queries_, 1);
  return logits;
}

torch::Tensor Batch::met(const torch::Tensor& x) const { return goal_.met_by(logits(x).argmax(1)); }

std::pair<torch::Tensor, std::vector<torch::Tensor>> Batch::gradients(
    const torch::Tensor& x, const std::function<std::vector<torch::Tensor>(const torch::Tensor&)>& losses) const {
  throw_if_interrupted();
  const torch::Tensor at = x.detach().clone().set_requires_grad(true);
  // A model may compute in another precision than its images have.
  const torch::Tensor logits = classifier_->logits(at).to(at.scalar_type());
  ensure(logits.requires_grad(), "expected a model that can be differentiated with respect to its "
         "images, found one whose logits do not depend on them by differentiable steps");
  ensure_finite(logits);
  count(*queries_, 1);
  const std::vector<torch::Tensor> wanted = losses(logits);
  std::vector<torch::Tensor> result;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    throw_if_interrupted();
    const bool keep = i + 1 < wanted.size();
    result.push_back(gradient_of(wanted[i].sum(), at, keep));
    ensure(torch::isfinite(result.back()).all().item<bool>(), "expected finite gradients, found NaN or infinity though "
           "the logits are finite; look for square roots, norms or logarithms at 0 in the model");
  }
  count(*evaluations_, static_cast<std::int64_t>(wanted.size()));
  return {logits.detach(), std::move(result)};
}

Slope Batch::slope(const torch::Tensor& x, const Loss& loss) const {
  auto [logits, found] = gradients(x, [&](const torch::Tensor& z) { return std::vector{loss(z)}; });
  return {std::move(logits), std::move(found[0])};
}

Slope Batch::cross_entropy_slope(const torch::Tensor& x) const {
  return slope(x, [&](const torch::Tensor& z) { return cross_entropy(z, goal_.classes); });
}

Slope Batch::ascent(const torch::Tensor& x) const {
  Slope found = cross_entropy_slope(x);
  if (goal_.targeted) found.gradient.neg_();
  return found;
}

torch::Tensor Batch::signed_step(const torch::Tensor& x, double step) const {
  return x + step * ascent(x).gradient.sign_();
}

RandomStream Batch::random(std::int64_t row, Seed seed) const {
  return RandomStream(seed.child(hash_of(images_[row])));
}

std::vector<RandomStream> Batch::randoms(Seed seed) const {
  std::vector<RandomStream> streams;
  for (std::int64_t row = 0; row < size(); ++row) streams.push_back(random(row, seed));
  return streams;
}

void Batch::count(torch::Tensor& counts, std::int64_t more) const {
  counts.index_add_(0, rows_, torch::full_like(rows_, more));
}

void fill_uniform(torch::Tensor values, double half_width, RandomStream& random) {
  auto* value = values.data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    value[i] = static_cast<float>(half_width * (2 * random.uniform() - 1));
  }
}

// Box and Muller 1958; 1 - uniform() is never 0.
void fill_normal(torch::Tensor values, double deviation, RandomStream& random) {
  constexpr double kTurn = 6.283185307179586;
  auto* value = values.data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    const double length = std::sqrt(-2 * std::log(1 - random.uniform()));
    value[i] = static_cast<float>(deviation * length * std::cos(kTurn * random.uniform()));
  }
}

float unit_pixel(double value) { return std::clamp(static_cast<float>(value), 0.0F, 1.0F); }

torch::Tensor rows_where(const torch::Tensor& mask) { return mask.nonzero().squeeze(1); }

torch::Tensor per_image(const torch::Tensor& numbers) { return numbers.view({-1, 1, 1, 1}); }

}  // namespace deepmine
