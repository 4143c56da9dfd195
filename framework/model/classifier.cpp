#include "framework/model/classifier.h"

#include <utility>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"

namespace deepmine {

Classifier::Classifier(Model model) : Model(std::move(model)) {
  ensure(!reconstructs().value_or(false),
         "{}: expected a model that maps images to logits, found an autoencoder", name());
}

torch::Tensor Classifier::logits(const torch::Tensor& images, const Tap& tap) {
  torch::Tensor found = class_logits(output(images, tap));
  ensure(found.is_floating_point(), "{}: expected logits, found numbers of type {}; let forward return logits, not "
         "classes", name(),
         c10::toString(found.scalar_type()));
  ensure(found.dim() == 2 && found.size(0) == images.size(0),
         "{}: expected logits [{}, classes], found {} axes; deepmine needs a model that maps images to "
         "logits", name(), images.size(0), found.dim());
  return found;
}

torch::Tensor class_logits(const torch::Tensor& outputs) {
  const bool single = outputs.dim() == 1 || (outputs.dim() == 2 && outputs.size(1) == 1);
  if (!single) return outputs;
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

torch::Tensor predict(Classifier& classifier, const torch::Tensor& images) {
  constexpr std::int64_t kBatch = 250;
  torch::NoGradGuard no_gradient;
  std::vector<torch::Tensor> classes;
  for (const torch::Tensor& batch : images.split(kBatch)) {
    throw_if_interrupted();
    classes.push_back(classifier.logits(batch).argmax(1));
  }
  return torch::cat(classes);
}

}  // namespace deepmine
