#include "framework/model/script_purity.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/runtime/graph_iterator.h>

#include <algorithm>
#include <vector>

namespace deepmine {
namespace {

namespace jit = torch::jit;

/// Whether it draws random numbers, or moves statistics, of which schemas say nothing.
bool draws_or_trains(const jit::Node& node) {
  for (const char* mode : {"train", "training", "use_input_stats"}) {
    if (!node.hasNamedInput(mode)) continue;
    const bool no_statistics = node.hasNamedInput("running_mean") && node.namedInput("running_mean")->mustBeNone();
    return !no_statistics && jit::constant_as<bool>(node.namedInput(mode)).value_or(true);
  }
  const auto operation = c10::Dispatcher::singleton().findSchema(node.schema().operator_name());
  return node.hasNamedInput("dropout_p") || (operation && operation->hasTag(at::Tag::nondeterministic_seeded));
}

/// Whether what the node does is told by its outputs and by what its schema says it writes.
bool is_plain(const jit::Node& node) {
  if (node.kind() == c10::prim::RaiseException) return true;
  const bool opaque = node.kind() == c10::prim::GetAttr || node.hasAttribute(c10::attr::Subgraph);
  if (opaque || node.hasSideEffects()) return false;
  if (!node.kind().is_aten()) return node.kind().is_prim();
  return !draws_or_trains(node) && (!node.outputs().empty() || node.schema().is_mutable());
}

bool writes_to(const std::vector<jit::Value*>& constants, jit::Node& node, const jit::AliasDb& aliases) {
  const c10::FunctionSchema* schema = node.maybeSchema();
  for (std::size_t i = 0; schema != nullptr && i < schema->arguments().size(); ++i) {
    const bool written = schema->is_mutable({c10::SchemaArgType::input, i});
    if (written && aliases.mayContainAlias(node.input(i), constants)) return true;
  }
  return false;
}

}  // namespace

bool keeps_nothing(std::shared_ptr<jit::Graph> frozen) {
  if (frozen == nullptr) return false;
  try {
    const jit::AliasDb aliases(frozen);
    std::vector<jit::Value*> constants;
    std::vector<jit::Node*> nodes;
    jit::DepthFirstGraphNodeIterator all(frozen);
    while (jit::Node* node = all.next()) {
      if (node->kind() == c10::prim::Constant) constants.push_back(node->output());
      else nodes.push_back(node);
    }
    return std::all_of(nodes.begin(), nodes.end(),
                       [&](jit::Node* node) { return is_plain(*node) && !writes_to(constants, *node, aliases); });
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace deepmine
