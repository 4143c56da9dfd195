#pragma once

#include <memory>
#include <string>

#include "framework/core/seed.h"
#include "framework/model/classifier.h"
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

/// A batch normalisation that would move its statistics in training mode, and a linear layer.
torch::jit::Module normalising_script();
std::unique_ptr<Classifier> normalising_classifier();

}  // namespace deepmine
