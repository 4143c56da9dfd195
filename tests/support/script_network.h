#pragma once

#include <memory>
#include <string>

#include "framework/core/seed.h"
#include "framework/model/classifier.h"
#include "framework/model/network.h"
#include "tests/support/script_files.h"

namespace torch::jit {
struct Module;
}

namespace deepmine {

/// A classifier of the code `body` for forward(self, x).
std::unique_ptr<Classifier> scripted(const std::string& body);

/// Even draws between +- `width`, float32.
torch::Tensor random_weights(at::IntArrayRef sizes, double width, RandomStream& random);

/// A convolution, a ReLU and a linear layer over images 1 x 8 x 8, with fixed weights and four classes; inside in
/// double precision when `exact`.
torch::jit::Module script_network(bool exact = false);
std::unique_ptr<Classifier> script_classifier(bool exact = false);

/// The registered network `resnet:depth=8` of images 1 x 8 x 8 and four classes, and its weights as a program in
/// modules as torch's own ResNets are: `conv1`, `layer1.0.bn2`, ..., with one ReLU for a block, which works in place.
struct ResNetTwice {
  std::shared_ptr<Network> registered;
  torch::jit::Module scripted;
};
ResNetTwice resnet_twice();

/// A batch normalisation that would move its statistics in training mode, and a linear layer.
torch::jit::Module normalising_script();
std::unique_ptr<Classifier> normalising_classifier();

}  // namespace deepmine
