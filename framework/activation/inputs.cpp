#include "framework/activation/inputs.h"

#include <memory>
#include <utility>

#include "framework/core/error.h"

namespace deepmine {
namespace {

/// The matrix as a tensor, which owns it from now on.
torch::Tensor tensor_of(Activations&& matrix) {
  const auto owner = std::make_shared<Activations>(std::move(matrix));
  const auto rows = static_cast<std::int64_t>(owner->rows()), cols = static_cast<std::int64_t>(owner->cols());
  return torch::from_blob(owner->data(), {rows, cols}, [owner](void*) {}, torch::kFloat32);
}

Progress& silent() {
  static NoProgress progress;
  return progress;
}

}  // namespace

Inputs::Inputs(Classifier& model, torch::Tensor images) : Inputs(model, std::move(images), {}, silent()) {}

Inputs::Inputs(Classifier& model, torch::Tensor images, std::string what, Progress& progress)
    : model_(&model), what_(std::move(what)), progress_(&progress), images_(std::move(images)) {
  ensure(images_.dim() == 4 && images_.size(0) > 0, "expected images [N,C,H,W], found {} axes of {} values", images_.dim(),
         images_.numel());
}

Inputs::Inputs(torch::Tensor values) : progress_(&silent()), values_(std::move(values)) {
  ensure(values_.dim() == 2 && values_.numel() > 0, "expected values [inputs x nodes], found {} axes of {} values",
         values_.dim(), values_.numel());
}

std::int64_t Inputs::size() const { return has_images() ? images_.size(0) : values_.size(0); }

const torch::Tensor& Inputs::images() const {
  ensure(has_images(), "expected a model and its images, found values alone; the detector asks the model about changed "
         "images");
  return images_;
}

Classifier& Inputs::model() const {
  images();
  return *model_;
}

void Inputs::require(const std::set<Feature>& features) const {
  if (!has_images()) return;
  progress_->begin(what_, static_cast<std::size_t>(size()));
  Passed passed = pass_images(*model_, images_, features, *progress_);
  progress_->end();
  logits_ = std::move(passed.logits);
  for (auto& [feature, rows] : passed.features) features_[feature] = tensor_of(std::move(rows));
}

const torch::Tensor& Inputs::logits() const {
  if (!has_images()) return values_;
  if (!logits_.defined()) require({});
  return logits_;
}

void Inputs::tell_logits(torch::Tensor logits) const {
  if (has_images() && !logits_.defined()) logits_ = std::move(logits);
}

const torch::Tensor& Inputs::predicted() const {
  if (!predicted_.defined()) predicted_ = logits().argmax(1);
  return predicted_;
}

torch::Tensor Inputs::feature(const Feature& feature) const {
  if (!has_images()) return values_;
  if (features_.count(feature) == 0) require({feature});
  return features_.at(feature);
}

}  // namespace deepmine
