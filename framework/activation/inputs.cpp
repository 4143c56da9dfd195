#include "framework/activation/inputs.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/kept_array.h"

namespace deepmine {
namespace {

/// Stands for the logits where quantities are listed: no layer is called so.
const Feature kClassLogits{"logits of the classes"};

/// Values of [rows x cols] as a tensor, which owns them from now on.
template <typename T>
torch::Tensor tensor_of(std::vector<T>&& values, std::size_t rows, std::size_t cols) {
  const auto owner = std::make_shared<std::vector<T>>(std::move(values));
  return torch::from_blob(
      owner->data(), {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(cols)}, [owner](void*) {},
      torch::CppTypeToScalarType<T>::value);
}

torch::Tensor tensor_of(Activations&& matrix) {
  const std::size_t rows = matrix.rows(), cols = matrix.cols();
  return tensor_of(std::move(matrix).take(), rows, cols);
}

torch::Tensor tensor_of(Array&& array) {
  const std::size_t rows = array.shape.at(0), cols = array.shape.at(1);
  if (auto* wide = std::get_if<std::vector<double>>(&array.values)) return tensor_of(std::move(*wide), rows, cols);
  return tensor_of(std::move(std::get<std::vector<float>>(array.values)), rows, cols);
}

template <typename T>
Array array_of(const torch::Tensor& rows) {
  const T* begin = rows.data_ptr<T>();
  return {{static_cast<std::size_t>(rows.size(0)), static_cast<std::size_t>(rows.size(1))},
          std::vector<T>(begin, begin + rows.numel())};
}

Array array_of(const torch::Tensor& rows) {
  const torch::Tensor whole = rows.contiguous();
  return whole.scalar_type() == torch::kFloat64 ? array_of<double>(whole) : array_of<float>(whole);
}

Progress& silent() {
  static NoProgress progress;
  return progress;
}

}  // namespace

Inputs::Inputs(Model& model, torch::Tensor images) : Inputs(model, std::move(images), {}, silent()) {}

Inputs::Inputs(Model& model, torch::Tensor images, std::string what, Progress& progress, int threads)
    : model_(&model),
      classifier_(dynamic_cast<Classifier*>(&model)),
      what_(std::move(what)),
      progress_(&progress),
      threads_(threads),
      size_(images.dim() > 0 ? images.size(0) : 0),
      images_(std::move(images)) {
  ensure(images_.dim() == 4 && size_ > 0, "expected images [N,C,H,W], found {} axes of {} values", images_.dim(),
         images_.numel());
}

Inputs::Inputs(torch::Tensor values, std::vector<std::int64_t> shape)
    : progress_(&silent()), size_(values.dim() > 0 ? values.size(0) : 0), values_(std::move(values)) {
  ensure(values_.dim() == 2 && values_.numel() > 0, "expected values [inputs x nodes], found {} axes of {} values",
         values_.dim(), values_.numel());
  if (shape.empty()) shape = {values_.size(1)};
  shapes_ = {{std::string(), std::move(shape)}};
}

const torch::Tensor& Inputs::images() const {
  ensure(has_images(), "expected a model and its images, found values alone; the detector asks the model about changed "
         "images");
  return images_;
}

Classifier& Inputs::model() const {
  images();
  ensure(classifier_ != nullptr, "{}: expected a classifier, found another model", model_->name());
  return *classifier_;
}

std::vector<std::int64_t> Inputs::shape(const std::string& layer) const {
  if (are_values()) return shapes_.begin()->second;
  if (shapes_.count(layer) == 0) shapes_.merge(layer_shapes(*model_, images().slice(0, 0, 1), {layer}));
  return shapes_.at(layer);
}

bool Inputs::has(const Feature& feature) const {
  const auto found = features_.find(feature);
  return are_values() || (found != features_.end() && found->second.defined());
}

void Inputs::keep_in(std::filesystem::path folder, std::string made_by) {
  place_ = {std::move(folder), std::move(made_by)};
}

void Inputs::release_images() {
  for (const auto& [feature, _] : features_) shape(feature.layer);
  images_.reset();
}

torch::Tensor& Inputs::quantity(const Feature& feature) const {
  return feature.layer == kClassLogits.layer ? logits_ : features_[feature];
}

void Inputs::require(const std::set<Feature>& features) const {
  if (are_values()) return;
  std::set<Feature> missing;
  for (const Feature& feature : features) {
    if (!has(feature)) missing.insert(feature);
  }
  if (missing.empty() && (classifier_ == nullptr || logits_.defined())) return;
  place_ ? read_or_pass(missing) : pass(missing);
}

void Inputs::pass(const std::set<Feature>& features) const {
  progress_->begin(what_, static_cast<std::size_t>(size()));
  Passed passed = pass_images(*model_, images(), features, *progress_, threads_);
  progress_->end();
  logits_ = std::move(passed.logits);
  for (auto& [feature, rows] : passed.features) features_[feature] = tensor_of(std::move(rows));
}

/// A file for each quantity, since another process may ask for others with it. Whoever makes one makes all that are
/// missing while it holds the lock of the first.
void Inputs::read_or_pass(const std::set<Feature>& features) const {
  const torch::Tensor pixels = images().contiguous();
  const std::string about = fmt::format("{} {} {} [{}]", model_->sha256(), place_->made_by,
                                        sha256({static_cast<const char*>(pixels.data_ptr()), pixels.nbytes()}),
                                        fmt::join(pixels.sizes(), ","));
  const auto file = [&](const Feature& feature) {
    return KeptArray(place_->folder, sha256(feature.text() + " " + about).substr(0, 24) + "-activations");
  };
  std::vector<Feature> missing(features.begin(), features.end());
  if (classifier_ != nullptr && !logits_.defined()) missing.push_back(kClassLogits);
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (quantity(missing[i]).defined()) continue;
    Array kept = file(missing[i]).read_or_make([&] {
      pass(features);
      for (std::size_t j = i + 1; j < missing.size(); ++j) {
        file(missing[j]).read_or_make([&] { return array_of(quantity(missing[j])); });
      }
      return array_of(quantity(missing[i]));
    });
    quantity(missing[i]) = tensor_of(std::move(kept));
  }
}

const torch::Tensor& Inputs::logits() const {
  if (are_values()) return values_;
  if (!logits_.defined()) {
    model();  // which refuses what has none
    require({});
  }
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
  if (are_values()) return values_;
  if (!has(feature)) require({feature});
  return features_.at(feature);
}

Inputs Inputs::rows(const std::vector<std::int64_t>& rows) const {
  const torch::Tensor index = torch::tensor(rows, torch::kInt64);
  Inputs chosen = *this;
  chosen.size_ = index.size(0);
  for (torch::Tensor* part : {&chosen.images_, &chosen.values_, &chosen.logits_, &chosen.predicted_, &chosen.labels}) {
    if (part->defined()) *part = part->index_select(0, index);
  }
  for (auto& [feature, values] : chosen.features_) values = values.index_select(0, index);
  return chosen;
}

Inputs Inputs::stacked(const std::vector<const Inputs*>& parts) {
  const auto joined = [&](const auto& of) {
    std::vector<torch::Tensor> all;
    for (const Inputs* part : parts) all.push_back(of(*part));
    const bool whole = std::all_of(all.begin(), all.end(), [](const torch::Tensor& one) { return one.defined(); });
    return whole ? torch::cat(all) : torch::Tensor();
  };
  Inputs all = *parts.front();
  if (all.has_images()) all.release_images();
  all.size_ = std::accumulate(parts.begin(), parts.end(), std::int64_t{0},
                              [](std::int64_t sum, const Inputs* part) { return sum + part->size(); });
  all.values_ = joined([](const Inputs& part) { return part.values_; });
  all.logits_ = joined([](const Inputs& part) { return part.logits_; });
  all.predicted_ = joined([](const Inputs& part) { return part.predicted(); });
  all.labels = joined([](const Inputs& part) { return part.labels; });
  all.features_.clear();
  for (const auto& [feature, _] : parts.front()->features_) {
    torch::Tensor values = joined([&, name = feature](const Inputs& part) {
      const auto found = part.features_.find(name);
      return found == part.features_.end() ? torch::Tensor() : found->second;
    });
    if (values.defined()) all.features_[feature] = std::move(values);
  }
  return all;
}

}  // namespace deepmine
