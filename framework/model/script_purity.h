#pragma once

#include <memory>

namespace torch::jit {
struct Graph;
}

namespace deepmine {

/// Whether a TorchScript program keeps nothing from one pass to the next and draws no random numbers, so that passes
/// may overlap and no result hangs on their order. `frozen` is its graph, frozen in eval mode with calls put in place,
/// or null. Whatever is not understood counts as keeping something.
bool keeps_nothing(std::shared_ptr<torch::jit::Graph> frozen);

}  // namespace deepmine
