#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "framework/activation/feature.h"
#include "framework/core/matrix.h"
#include "framework/core/progress.h"
#include "framework/model/classifier.h"
#include "framework/model/model.h"

namespace deepmine {

/// One layer's outputs, [inputs x nodes]; a node is one scalar, counted channel by channel, row by
/// row, as the network's [C,H,W] order has it.
using Activations = Matrix<float>;

/// How many images are in the network together.
inline constexpr std::int64_t kExtractionBatch = 250;

/// What one pass of images through a model gives.
struct Passed {
  torch::Tensor logits;                     ///< [N, classes], of the model's type; undefined unless it is a classifier
  std::map<Feature, Activations> features;  ///< [N x values], of those asked for
};

/// Images float32 [N,C,H,W] on their way through a model, `threads` batches at once; layers are pooled as they pass.
/// All batches have the same size, the last one padded, because a kernel chosen by batch size may round otherwise, and
/// one last bit decides between a tie and none. Throws `Error` for unknown layers, see `Model::check_layers`, and for
/// activations that are NaN or infinite.
Passed pass_images(Model& model, const torch::Tensor& images, const std::set<Feature>& features, Progress& progress,
                   int threads = 1);

/// About the bytes that such passes of `count` images like `image` [1,C,H,W] hold at most, beside the images and what
/// is kept.
std::uint64_t passing_memory(Model& model, const torch::Tensor& image, std::int64_t count, int threads);

/// The sizes of layers' outputs for one image [1,C,H,W], without the first: [C,H,W] of a layer of channels, [J] of a
/// flat one.
using LayerShapes = std::map<std::string, std::vector<std::int64_t>>;

/// Of all layers that have a row for each image: of a TorchScript file others may be known by name.
LayerShapes layer_shapes(Model& model, const torch::Tensor& image);

/// Of the layers named. Throws `Error` for unknown ones and those that have no row for each image.
LayerShapes layer_shapes(Model& model, const torch::Tensor& image, const std::vector<std::string>& layers);

}  // namespace deepmine
