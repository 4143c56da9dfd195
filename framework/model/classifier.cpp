#include "framework/model/classifier.h"

#include <utility>

#include "framework/core/error.h"
#include "framework/model/batches.h"

namespace deepmine {
namespace {

/// Whether there is one number for each image.
bool is_single(const torch::Tensor& outputs) {
  return outputs.dim() == 1 || (outputs.dim() == 2 && outputs.size(1) == 1);
}

}  // namespace

Classifier::Classifier(Model model) : Model(std::move(model)) {
  ensure(!reconstructs().value_or(false),
         "{}: expected a model that maps images to logits, found an autoencoder", name());
}

torch::Tensor Classifier::logits(const torch::Tensor& images, const Tap& tap) {
  torch::Tensor found = output(images, tap);
  const bool whole = !found.is_floating_point();
  ensure(!whole || !is_single(found),
         "{}: expected logits, found numbers of type {}; let forward return logits, not classes", name(),
         c10::toString(found.scalar_type()));
  if (whole) found = found.to(torch::kFloat32);  // a decision for one of several classes
  found = class_logits(found);
  ensure(found.dim() == 2 && found.size(0) == images.size(0),
         "{}: expected logits [{}, classes], found {} axes; deepmine needs a model that maps images to "
         "logits", name(), images.size(0), found.dim());
  return found;
}

torch::Tensor class_logits(const torch::Tensor& outputs) {
  if (!is_single(outputs)) return outputs;
  const torch::Tensor z = outputs.reshape({-1});
  return torch::stack({torch::zeros_like(z), z}, 1);
}

std::unique_ptr<Classifier> load_classifier(const std::string& model) {
  return std::make_unique<Classifier>(load_model(model));
}

std::unique_ptr<Classifier> classifier_of(std::shared_ptr<Network> network, ModelFacts facts,
                                          std::string sha256) {
  return std::make_unique<Classifier>(Model(std::move(network), std::move(facts), std::move(sha256)));
}

torch::Tensor predict(Classifier& classifier, const torch::Tensor& images, int threads) {
  constexpr std::int64_t kBatch = 250;
  torch::Tensor classes = torch::empty({images.size(0)}, torch::kInt64);
  in_batches(classifier, images.size(0), kBatch, threads, [&](std::int64_t begin, std::int64_t end) {
    torch::NoGradGuard no_gradient;
    classes.slice(0, begin, end).copy_(classifier.logits(images.slice(0, begin, end)).argmax(1));
  });
  return classes;
}

}  // namespace deepmine
