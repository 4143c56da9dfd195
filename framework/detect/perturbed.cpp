#include "framework/detect/perturbed.h"

#include <algorithm>
#include <vector>

#include "framework/core/error.h"
#include "framework/core/shared_progress.h"
#include "framework/model/batches.h"
#include "framework/model/gradient.h"
#include "framework/model/normalisation.h"
#include "framework/model/pass_memory.h"

namespace deepmine {
namespace {

struct Moved {
  torch::Tensor images, logits;  ///< after, and before
};

Moved moved(Classifier& model, const torch::Tensor& images, const torch::Tensor& step, const LogitScore& score) {
  const torch::Tensor at = images.detach().clone().set_requires_grad(true);
  const torch::Tensor logits = model.logits(at);
  ensure(logits.requires_grad(),
         "expected a model that can be differentiated with respect to its images, found one whose "
         "logits do not depend on them by differentiable steps; take epsilon=0");
  return {images - step * gradient_of(score(logits).sum(), at).sign(), logits.detach()};
}

/// As many images as given, the last one repeated: a kernel chosen by batch size may round otherwise.
torch::Tensor filled(const torch::Tensor& batch, std::int64_t size) {
  std::vector<std::int64_t> sizes = batch.sizes().vec();
  sizes[0] = size - batch.size(0);
  return sizes[0] == 0 ? batch : torch::cat({batch, batch.slice(0, -1).expand(sizes)});
}

}  // namespace

torch::Tensor scores_of_perturbed(const Inputs& inputs, const torch::Tensor& step, const LogitScore& score) {
  torch::Tensor scores = torch::empty({inputs.size()}, torch::kFloat64);
  std::vector<torch::Tensor> logits(static_cast<std::size_t>((inputs.size() + kPerturbedBatch - 1) / kPerturbedBatch));
  SharedProgress progress(inputs.progress());
  progress.begin(inputs.what() + ", moved", static_cast<std::size_t>(inputs.size()));
  in_batches(inputs.model(), inputs.size(), kPerturbedBatch, inputs.threads(),
             [&](std::int64_t begin, std::int64_t end) {
               const torch::Tensor images = filled(inputs.images().slice(0, begin, end), kPerturbedBatch);
               const Moved there = moved(inputs.model(), images, step, score);
               torch::NoGradGuard no_gradient;
               scores.slice(0, begin, end).copy_(score(inputs.model().logits(there.images)).slice(0, 0, end - begin));
               logits[static_cast<std::size_t>(begin / kPerturbedBatch)] = there.logits.slice(0, 0, end - begin);
               progress.advance(static_cast<std::size_t>(end - begin));
             });
  progress.end();
  inputs.tell_logits(torch::cat(logits));
  return scores;
}

void PerturbationOptions::describe(Fields& fields, const std::string& towards, const std::string& source) {
  fields.add({"epsilon", &epsilon, "see units", "step towards " + towards + "; asks the model, so it needs images",
              source, {0, 1}});
  fields.add({"units", &units, "", "of epsilon: pixels of [0,1], or the input as the network normalises it, of which a "
              "channel's std in pixels is 1", "Liang et al. 2018, their code", {}, {"pixels", "normalised"}});
}

torch::Tensor PerturbationOptions::step(const Inputs& inputs) const {
  return epsilon * (units == "pixels" ? torch::ones({1, 1, 1}) : input_std(inputs.model()));
}

std::uint64_t scoring_memory(Classifier& model, const torch::Tensor& image, std::int64_t count, int threads) {
  const std::int64_t moved_at_once = kPerturbedBatch * batches_at_once(model, count, kPerturbedBatch, threads);
  return std::max(passing_memory(model, image, count, threads),
                  kLibraryMemory + static_cast<std::uint64_t>(moved_at_once) * pass_memory(model, image).with_gradient);
}

}  // namespace deepmine
