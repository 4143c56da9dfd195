#pragma once

#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "framework/model/tap.h"

namespace deepmine {

/// What a program returned and, in their order, the outputs of the inner layers asked for.
struct ScriptAnswer {
  torch::IValue returned;
  std::vector<std::pair<std::string, torch::Tensor>> inner;
};

/// The tensors of a dict by key, of a named tuple by field, of another by place; none of anything else.
std::vector<std::pair<std::string, torch::Tensor>> returned_tensors(const torch::IValue& returned);

/// The layers within a TorchScript program: outputs of its convolutions, linear layers, normalisations, activations,
/// pools, and of sums and concatenations of tensors, where every image passes them. What only running decides, a branch
/// or a loop, is passed over.
///
/// A layer has the name of its module, `layer1.0.conv1`; where a module does several things itself, the operation's
/// behind it, `layer1.0.relu`; the second of a name is `layer1.0.relu.2`.
class ScriptLayers {
 public:
  explicit ScriptLayers(const torch::jit::Module& module);

  /// Names of inner layers, in the order of the program.
  const std::vector<std::string>& inner() const { return inner_; }
  /// Names of what the program returns, see `returned_tensors`, as far as they stand in it.
  const std::vector<std::string>& returned() const { return returned_; }
  /// Why there are no inner layers; empty where there are.
  const std::string& problem() const { return problem_; }

  /// The frozen program, calls put in place; null where it cannot be frozen.
  const std::shared_ptr<torch::jit::Graph>& graph() const { return graph_; }

  /// Runs the program on images of the type it takes, which it may change. Differentiable in them. Outputs are copies.
  ScriptAnswer run(const torch::Tensor& images, const Tap::Layers& wanted);

 private:
  struct Tapped {
    torch::jit::GraphExecutor program;
    std::vector<std::string> layers;
  };

  const Tapped& tapped(const Tap::Layers& wanted);

  torch::jit::Module module_;  ///< frozen
  std::shared_ptr<torch::jit::Graph> graph_;
  std::vector<std::string> inner_, returned_;
  std::string problem_;
  std::mutex mutex_;
  std::map<Tap::Layers, Tapped> tapped_;
};

}  // namespace deepmine
