#include "framework/activation/activations.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/shared_progress.h"
#include "framework/model/batches.h"
#include "framework/model/pass_memory.h"

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

/// [n, ...] -> [n, values]. Sums are in double: their order may depend on the batch, their float32 value hardly ever
/// does.
torch::Tensor pooled(const torch::Tensor& output, Pooling pooling) {
  if (pooling == Pooling::kNone || output.dim() < 3) return output.reshape({output.size(0), -1});
  const torch::Tensor channels = output.flatten(2).to(torch::kFloat64);
  return pooling == Pooling::kChannelMean ? channels.mean(2) : channels.square().sum(2);
}

void copy_rows(const torch::Tensor& output, std::int64_t begin, std::int64_t count, const Feature& feature,
               Activations& into) {
  const torch::Tensor rows = pooled(output.slice(0, 0, count), feature.pooling).to(torch::kFloat32).contiguous();
  ensure(torch::isfinite(rows).all().item<bool>(),
         "layer \"{}\": found NaN or infinite activations for inputs {} to {}; check the model",
         feature.layer, begin, begin + count - 1);
  const auto nodes = static_cast<std::size_t>(rows.size(1));
  ensure(nodes == into.cols(),
         "layer \"{}\": expected as many nodes of all inputs, found {} of some and {} of others; choose another layer",
         feature.layer, into.cols(), nodes);
  std::memcpy(into.row(static_cast<std::size_t>(begin)), rows.data_ptr<float>(),
              static_cast<std::size_t>(count) * nodes * sizeof(float));
}

void check_seen(const std::string& layer, bool seen) {
  ensure(seen, "layer \"{}\": expected an output for each image, found one with other axes; choose another layer",
         layer);
}

std::vector<std::string> layers_of(const std::set<Feature>& features) {
  std::vector<std::string> layers;
  for (const Feature& feature : features) layers.push_back(feature.layer);
  return layers;
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

/// What is kept of the layers while images pass, in batches that may pass at once.
class KeptRows {
 public:
  KeptRows(std::int64_t inputs, const std::set<Feature>& features) : inputs_(inputs), features_(features) {}

  /// Throws `Error` where a layer had no output that could be kept.
  void check() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Feature& feature : features_) check_seen(feature.layer, kept_.count(feature) > 0);
  }
  /// Of the batch's output the first `count` rows are wanted, for the inputs from `begin` on.
  void keep(std::string_view layer, const torch::Tensor& output, std::int64_t begin, std::int64_t count) {
    for (const Feature& feature : features_) {
      if (feature.layer == layer) copy_rows(output, begin, count, feature, room(feature, output));
    }
  }
  std::map<Feature, Activations> take() && { return std::move(kept_); }

 private:
  Activations& room(const Feature& feature, const torch::Tensor& output) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Activations& rows = kept_[feature];
    if (rows.size() == 0) {
      const std::int64_t values = pooled(output.slice(0, 0, 1), feature.pooling).numel();
      rows = Activations(static_cast<std::size_t>(inputs_), static_cast<std::size_t>(values));
    }
    return rows;
  }

  std::int64_t inputs_;
  const std::set<Feature>& features_;
  std::mutex mutex_;
  std::map<Feature, Activations> kept_;
};

}  // namespace

Passed pass_images(Model& model, const torch::Tensor& images, const std::set<Feature>& features, Progress& progress,
                   int threads) {
  const std::vector<std::string> layers = layers_of(features);
  model.check_layers(layers);
  auto* const classifier = dynamic_cast<Classifier*>(&model);
  const std::int64_t inputs = images.size(0);
  std::vector<torch::Tensor> logits(static_cast<std::size_t>((inputs + kExtractionBatch - 1) / kExtractionBatch));
  KeptRows kept(inputs, features);
  SharedProgress shared(progress);
  in_batches(model, inputs, kExtractionBatch, threads, [&](std::int64_t begin, std::int64_t end) {
    torch::NoGradGuard no_gradient;
    const torch::Tensor batch = padded_batch(images, begin);
    const Tap tap({layers.begin(), layers.end()}, [&](std::string_view layer, const torch::Tensor& output) {
      kept.keep(layer, output, begin, end - begin);
    });
    const torch::Tensor output = classifier != nullptr ? classifier->logits(batch, tap) : model.output(batch, tap);
    if (classifier != nullptr) {
      logits[static_cast<std::size_t>(begin / kExtractionBatch)] = output.slice(0, 0, end - begin);
    }
    kept.check();
    shared.advance(static_cast<std::size_t>(end - begin));
  });
  return {classifier != nullptr ? torch::cat(logits) : torch::Tensor(), std::move(kept).take()};
}

std::uint64_t passing_memory(Model& model, const torch::Tensor& image, std::int64_t count, int threads) {
  const std::int64_t images = kExtractionBatch * batches_at_once(model, count, kExtractionBatch, threads);
  return kLibraryMemory + static_cast<std::uint64_t>(images) * pass_memory(model, image).forward;
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

}  // namespace deepmine
