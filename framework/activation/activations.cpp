#include "framework/activation/activations.h"

#include <algorithm>
#include <cstring>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"

namespace deepmine {
namespace {

/// Images `begin` on, `kExtractionBatch` of them, the last image repeated where there are no more.
torch::Tensor padded_batch(const torch::Tensor& images, std::int64_t begin) {
  const torch::Tensor batch = images.slice(0, begin, begin + kExtractionBatch);
  const std::int64_t missing = kExtractionBatch - batch.size(0);
  if (missing == 0) return batch;
  std::vector<std::int64_t> sizes = batch.sizes().vec();
  sizes[0] = missing;
  return torch::cat({batch, batch.slice(0, -1).expand(sizes)});
}

/// [n, ...] -> [n, values]. Sums are in double: their order may depend on the batch, their float32 value hardly ever does.
torch::Tensor pooled(const torch::Tensor& output, Pooling pooling) {
  if (pooling == Pooling::kNone || output.dim() < 3) return output.reshape({output.size(0), -1});
  const torch::Tensor channels = output.flatten(2).to(torch::kFloat64);
  return pooling == Pooling::kChannelMean ? channels.mean(2) : channels.square().sum(2);
}

void copy_rows(const torch::Tensor& output, std::int64_t begin, std::int64_t count, const Feature& feature, Activations& into) {
  const torch::Tensor rows = pooled(output.slice(0, 0, count), feature.pooling).to(torch::kFloat32).contiguous();
  ensure(torch::isfinite(rows).all().item<bool>(),
         "layer \"{}\": found NaN or infinite activations for inputs {} to {}; check the model",
         feature.layer, begin, begin + count - 1);
  const auto nodes = static_cast<std::size_t>(rows.size(1));
  std::memcpy(into.row(static_cast<std::size_t>(begin)), rows.data_ptr<float>(),
              static_cast<std::size_t>(count) * nodes * sizeof(float));
}

void check_seen(const std::string& layer, bool seen) {
  ensure(seen, "layer \"{}\": expected an output for each image, found one with other axes; choose another layer", layer);
}

/// Two images pass: some programs take the axis of the images away from a lone one.
LayerShapes shown_shapes(Model& model, const torch::Tensor& image, const std::vector<std::string>& layers) {
  torch::NoGradGuard no_gradient;
  LayerShapes shapes;
  const Tap tap({layers.begin(), layers.end()}, [&](std::string_view layer, const torch::Tensor& output) {
    shapes[std::string(layer)] = output.sizes().slice(1).vec();
  });
  model.output(torch::cat({image, image}), tap);
  return shapes;
}

/// Images on their way through a network, and what is kept of its layers.
class Pass {
 public:
  Pass(const Model& model, const torch::Tensor& images, const std::set<Feature>& features) : images_(images), features_(features) {
    for (const Feature& feature : features) layers_.push_back(feature.layer);
    model.check_layers(layers_);
  }

  /// `forward(batch, tap, count)` takes each batch, of which the first `count` images are wanted.
  template <typename Forward>
  std::map<Feature, Activations> run(Forward forward, Progress& progress) {
    torch::NoGradGuard no_gradient;
    for (std::int64_t begin = 0; begin < images_.size(0); begin += kExtractionBatch) {
      throw_if_interrupted();
      const std::int64_t count = std::min(kExtractionBatch, images_.size(0) - begin);
      const Tap tap({layers_.begin(), layers_.end()},
                    [&](std::string_view layer, const torch::Tensor& output) { keep(layer, output, begin, count); });
      forward(padded_batch(images_, begin), tap, count);
      for (const Feature& feature : features_) check_seen(feature.layer, kept_.count(feature) > 0);
      progress.advance(static_cast<std::size_t>(count));
    }
    return std::move(kept_);
  }

 private:
  void keep(std::string_view layer, const torch::Tensor& output, std::int64_t begin, std::int64_t count) {
    for (const Feature& feature : features_) {
      if (feature.layer != layer) continue;
      Activations& rows = kept_[feature];
      if (rows.size() == 0) {
        const std::int64_t values = pooled(output.slice(0, 0, 1), feature.pooling).numel();
        rows = Activations(static_cast<std::size_t>(images_.size(0)), static_cast<std::size_t>(values));
      }
      copy_rows(output, begin, count, feature, rows);
    }
  }

  const torch::Tensor& images_;
  const std::set<Feature>& features_;
  std::vector<std::string> layers_;
  std::map<Feature, Activations> kept_;
};

}  // namespace

std::map<Feature, Activations> extract_features(Model& model, const torch::Tensor& images, const std::set<Feature>& features,
                                                Progress& progress) {
  const auto forward = [&](const torch::Tensor& batch, const Tap& tap, std::int64_t) { model.output(batch, tap); };
  return Pass(model, images, features).run(forward, progress);
}

Passed pass_images(Classifier& model, const torch::Tensor& images, const std::set<Feature>& features, Progress& progress) {
  std::vector<torch::Tensor> logits;
  const auto forward = [&](const torch::Tensor& batch, const Tap& tap, std::int64_t count) {
    logits.push_back(model.logits(batch, tap).slice(0, 0, count));
  };
  auto kept = Pass(model, images, features).run(forward, progress);
  return {torch::cat(logits), std::move(kept)};
}

std::map<std::string, Activations> extract_activations(Model& model,
                                                       const torch::Tensor& images,
                                                       const std::vector<std::string>& layers,
                                                       Progress& progress) {
  std::set<Feature> features;
  for (const std::string& layer : layers) features.insert({layer});
  std::map<std::string, Activations> result;
  for (auto& [feature, rows] : extract_features(model, images, features, progress)) result[feature.layer] = std::move(rows);
  return result;
}

LayerShapes layer_shapes(Model& model, const torch::Tensor& image) {
  return shown_shapes(model, image, model.layers());
}

LayerShapes layer_shapes(Model& model, const torch::Tensor& image, const std::vector<std::string>& layers) {
  model.check_layers(layers);
  LayerShapes shapes = shown_shapes(model, image, layers);
  for (const std::string& layer : layers) check_seen(layer, shapes.count(layer) > 0);
  return shapes;
}

Activations extract_activations(Model& model, const torch::Tensor& images,
                                const std::string& layer, Progress& progress) {
  return std::move(extract_activations(model, images, std::vector{layer}, progress)[layer]);
}

}  // namespace deepmine
