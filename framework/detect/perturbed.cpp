#include "framework/detect/perturbed.h"

#include <vector>

#include "framework/core/error.h"
#include "framework/core/shared_progress.h"
#include "framework/model/batches.h"
#include "framework/model/gradient.h"

namespace deepmine {
namespace {

torch::Tensor moved(Classifier& model, const torch::Tensor& images, double epsilon, const LogitScore& score) {
  const torch::Tensor at = images.detach().clone().set_requires_grad(true);
  const torch::Tensor logits = model.logits(at);
  ensure(logits.requires_grad(), "expected a model that can be differentiated with respect to its images, found one whose "
         "logits do not depend on them by differentiable steps; take epsilon=0");
  return images - epsilon * gradient_of(score(logits).sum(), at).sign();
}

/// As many images as given, the last one repeated: a kernel chosen by batch size may round otherwise.
torch::Tensor filled(const torch::Tensor& batch, std::int64_t size) {
  std::vector<std::int64_t> sizes = batch.sizes().vec();
  sizes[0] = size - batch.size(0);
  return sizes[0] == 0 ? batch : torch::cat({batch, batch.slice(0, -1).expand(sizes)});
}

}  // namespace

torch::Tensor scores_of_perturbed(const Inputs& inputs, double epsilon, const LogitScore& score) {
  const std::int64_t size = images_at_once(inputs.images()[0]);
  torch::Tensor scores = torch::empty({inputs.size()}, torch::kFloat64);
  SharedProgress progress(inputs.progress());
  progress.begin(inputs.what() + ", moved", static_cast<std::size_t>(inputs.size()));
  in_batches(inputs.model(), inputs.size(), size, inputs.threads(), [&](std::int64_t begin, std::int64_t end) {
    const torch::Tensor images = moved(inputs.model(), filled(inputs.images().slice(0, begin, end), size), epsilon, score);
    torch::NoGradGuard no_gradient;
    scores.slice(0, begin, end).copy_(score(inputs.model().logits(images)).slice(0, 0, end - begin));
    progress.advance(static_cast<std::size_t>(end - begin));
  });
  progress.end();
  return scores;
}

}  // namespace deepmine
