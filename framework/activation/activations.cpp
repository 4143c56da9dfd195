#include "framework/activation/activations.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"

namespace deepmine {
namespace {

void check_layers(const Model& model, const std::vector<std::string>& wanted) {
  const std::vector<std::string> known = model.layers();
  for (const std::string& layer : wanted) {
    ensure(std::find(known.begin(), known.end(), layer) != known.end(),
           "unknown layer \"{}\"; known: {}", layer, fmt::join(known, ", "));
  }
}

/// Images `begin` on, `kExtractionBatch` of them, the last image repeated where there are no more.
torch::Tensor padded_batch(const torch::Tensor& images, std::int64_t begin) {
  const torch::Tensor batch = images.slice(0, begin, begin + kExtractionBatch);
  const std::int64_t missing = kExtractionBatch - batch.size(0);
  if (missing == 0) return batch;
  std::vector<std::int64_t> sizes = batch.sizes().vec();
  sizes[0] = missing;
  return torch::cat({batch, batch.slice(0, -1).expand(sizes)});
}

void copy_rows(const torch::Tensor& output, std::int64_t begin, std::int64_t count,
               const std::string& layer, Activations& into) {
  const torch::Tensor rows = output.slice(0, 0, count).reshape({count, -1}).to(torch::kFloat32).contiguous();
  ensure(torch::isfinite(rows).all().item<bool>(),
         "layer \"{}\": found NaN or infinite activations for inputs {} to {}; check the model",
         layer, begin, begin + count - 1);
  const auto nodes = static_cast<std::size_t>(rows.size(1));
  std::memcpy(into.row(static_cast<std::size_t>(begin)), rows.data_ptr<float>(),
              static_cast<std::size_t>(count) * nodes * sizeof(float));
}

}  // namespace

std::map<std::string, Activations> extract_activations(Model& model,
                                                       const torch::Tensor& images,
                                                       const std::vector<std::string>& layers,
                                                       Progress& progress) {
  check_layers(model, layers);
  torch::NoGradGuard no_gradient;
  std::map<std::string, Activations> result;
  const auto inputs = images.size(0);
  for (std::int64_t begin = 0; begin < inputs; begin += kExtractionBatch) {
    throw_if_interrupted();
    const std::int64_t count = std::min(kExtractionBatch, inputs - begin);
    const auto keep = [&](std::string_view layer, const torch::Tensor& output) {
      const std::string name(layer);
      if (std::find(layers.begin(), layers.end(), name) == layers.end()) return;
      Activations& rows = result[name];
      const auto nodes = static_cast<std::size_t>(output.numel() / output.size(0));
      if (rows.size() == 0) rows = Activations(static_cast<std::size_t>(inputs), nodes);
      copy_rows(output, begin, count, name, rows);
    };
    model.output(padded_batch(images, begin), keep);
    progress.advance(static_cast<std::size_t>(count));
  }
  return result;
}

std::map<std::string, std::vector<std::int64_t>> layer_shapes(Model& model,
                                                              const torch::Tensor& image) {
  torch::NoGradGuard no_gradient;
  std::map<std::string, std::vector<std::int64_t>> shapes;
  model.output(image, [&](std::string_view layer, const torch::Tensor& output) {
    shapes[std::string(layer)] = output.sizes().slice(1).vec();
  });
  return shapes;
}

Activations extract_activations(Model& model, const torch::Tensor& images,
                                const std::string& layer, Progress& progress) {
  return std::move(extract_activations(model, images, std::vector{layer}, progress)[layer]);
}

}  // namespace deepmine
