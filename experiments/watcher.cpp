#include "experiments/watcher.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/kept_array.h"

namespace deepmine {
namespace {

/// Matrices of as many rows beside each other; one alone is passed on.
Activations side_by_side(std::vector<Activations> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  std::size_t cols = 0;
  for (const Activations& part : parts) cols += part.cols();
  Activations result(parts.front().rows(), cols);
  for (std::size_t row = 0; row < result.rows(); ++row) {
    float* to = result.row(row);
    for (const Activations& part : parts) to = std::copy_n(part.row(row), part.cols(), to);
  }
  return result;
}

std::vector<std::int64_t> classes_of(const torch::Tensor& predicted) {
  const torch::Tensor whole = predicted.contiguous();
  const std::int64_t* begin = whole.data_ptr<std::int64_t>();
  return {begin, begin + whole.numel()};
}

}  // namespace

Watched stacked(const std::vector<const Watched*>& parts) {
  std::size_t rows = 0;
  std::vector<torch::Tensor> predicted;
  for (const Watched* part : parts) {
    rows += part->activations.rows();
    predicted.push_back(part->predicted);
  }
  Activations activations(rows, parts.front()->activations.cols());
  float* to = activations.data();
  for (const Watched* part : parts) {
    to = std::copy_n(part->activations.data(), part->activations.size(), to);
  }
  return {std::move(activations), torch::cat(predicted)};
}

Watcher::Watcher(Classifier& classifier, std::vector<std::string> layers, const torch::Tensor& image)
    : classifier_(classifier), layers_(std::move(layers)) {
  ensure(std::set<std::string>(layers_.begin(), layers_.end()).size() == layers_.size() && !layers_.empty(),
         "layer: expected one or more, each once, found {}", fmt::join(layers_, "+"));
  const LayerShapes shapes = layer_shapes(classifier, image, layers_);
  std::set<std::size_t> channels;
  for (const std::string& layer : layers_) {
    const auto& shape = shapes.at(layer);
    channels.insert(shape.size() == 3 ? static_cast<std::size_t>(shape[1] * shape[2]) : 0);
    layer_nodes_.push_back(static_cast<std::size_t>(
        std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>())));
  }
  if (channels.size() == 1) channel_nodes_ = *channels.begin();
}

std::size_t Watcher::nodes() const {
  return std::accumulate(layer_nodes_.begin(), layer_nodes_.end(), std::size_t{0});
}

void Watcher::keep_in(std::filesystem::path folder, std::string made_by) {
  folder_ = std::move(folder);
  made_by_ = std::move(made_by);
}

Watched Watcher::watch(const torch::Tensor& images, const std::string& what, Progress& progress) const {
  return folder_.empty() ? work_out(images, what, progress) : read_or_work_out(images, what, progress);
}

/// Two files, because the classes of the images are wanted whole numbers; the activations' lock covers both.
Watched Watcher::read_or_work_out(const torch::Tensor& images, const std::string& what, Progress& progress) const {
  const torch::Tensor pixels = images.contiguous();
  const std::string_view bytes(static_cast<const char*>(pixels.data_ptr()), pixels.nbytes());
  const std::string text = fmt::format("{} {} {} {} [{}]", classifier_.sha256(), fmt::join(layers_, "+"), made_by_,
                                       sha256(bytes), fmt::join(images.sizes(), ","));
  const std::string key = sha256(text).substr(0, 24);
  const KeptArray activations(folder_, key + "-activations"), classes(folder_, key + "-classes");
  const auto array = [](const torch::Tensor& predicted) {
    return Array{{static_cast<std::size_t>(predicted.size(0))}, classes_of(predicted)};
  };
  Array kept = activations.read_or_make([&] {
    Watched made = work_out(images, what, progress);
    classes.read_or_make([&] { return array(made.predicted); });
    const std::size_t rows = made.activations.rows(), cols = made.activations.cols();
    return Array{{rows, cols}, std::move(made.activations).take()};
  });
  const Array predicted = classes.read_or_make([&] { return array(work_out(images, what, progress).predicted); });
  auto& values = std::get<std::vector<float>>(kept.values);
  return {Activations(kept.shape.at(0), kept.shape.at(1), std::move(values)),
          torch::tensor(std::get<std::vector<std::int64_t>>(predicted.values), torch::kInt64)};
}

Watched Watcher::work_out(const torch::Tensor& images, const std::string& what, Progress& progress) const {
  const std::string last = classifier_.layers().back();
  std::vector<std::string> wanted = layers_;
  wanted.push_back(last);
  progress.begin("activations, " + what, static_cast<std::size_t>(images.size(0)));
  auto found = extract_activations(classifier_, images, wanted, progress);
  progress.end();
  Activations logits = found[last];
  const auto rows = static_cast<std::int64_t>(logits.rows());
  const torch::Tensor predicted =
      class_logits(torch::from_blob(logits.data(), {rows, static_cast<std::int64_t>(logits.cols())})).argmax(1);
  std::vector<Activations> watched;
  for (const std::string& layer : layers_) watched.push_back(std::move(found[layer]));
  return {side_by_side(std::move(watched)), predicted};
}

WatchedInputs Watcher::inputs(const Watched& watched) const {
  return {watched.activations, classes_of(watched.predicted), channel_nodes_, layer_nodes_};
}

}  // namespace deepmine
