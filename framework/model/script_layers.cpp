#include "framework/model/script_layers.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <set>

#include "framework/model/script_file.h"

namespace deepmine {
namespace {

namespace jit = torch::jit;

/// The mark of a node whose output is a layer: its module's path, later its name. Freezing keeps attributes of nodes.
const c10::Symbol& layer_mark() {
  static const c10::Symbol mark = c10::Symbol::attr("layer");
  return mark;
}

bool is_tensor(const jit::Value& value) { return value.type()->isSubtypeOf(*c10::TensorType::get()); }

/// Whether two tensors meet, of which neither is a number written in the program.
bool adds_tensors(const jit::Node& node) {
  const auto is_found = [](const jit::Value* value) {
    return is_tensor(*value) && value->node()->kind() != c10::prim::Constant;
  };
  return is_found(node.inputs()[0]) && is_found(node.inputs()[1]);
}

/// What the node does, where that makes a layer; else empty. The same in place or not, traced or scripted.
std::string operation_of(const jit::Node& node) {
  static const std::set<std::string> kOperations{
      "linear",  "matmul",      "mm",    "batch_norm", "instance_norm", "layer_norm",  "group_norm", "relu",
      "relu6",   "leaky_relu",  "prelu", "rrelu",      "elu",           "selu",        "celu",       "gelu",
      "glu",     "silu",        "mish",  "hardtanh",   "hardswish",     "hardsigmoid", "hardshrink", "softshrink",
      "sigmoid", "log_sigmoid", "tanh",  "softplus",   "softmax",       "log_softmax", "threshold",  "cat"};
  if (!node.kind().is_aten() || node.outputs().empty() || !is_tensor(*node.outputs()[0])) return {};
  std::string name = node.kind().toUnqualString();
  if (name.back() == '_') name.pop_back();
  if (name.find("conv") != std::string::npos) return "conv";
  if (name == "addmm") return "linear";
  const bool layer = kOperations.count(name) > 0 || name.find("pool") != std::string::npos ||
                     (name == "mean" && node.inputs().size() > 2) ||  // along axes
                     (name == "add" && adds_tensors(node));
  return layer ? name : std::string();
}

/// The path of the module that `value` is; `caller` where that is not to be told.
std::string module_path(const jit::Value& value, const std::string& caller) {
  const jit::Node& node = *value.node();
  if (node.kind() == c10::prim::Param) return {};
  if (node.kind() != c10::prim::GetAttr) return caller;
  const std::string owner = module_path(*node.inputs()[0], caller);
  return owner + (owner.empty() ? "" : ".") + node.s(c10::attr::name);
}

jit::GraphFunction* callee_of(jit::Node& node) {
  const bool calls = node.kind() == c10::prim::CallFunction || node.kind() == c10::prim::CallMethod;
  return calls ? jit::tryToGraphFunction(&node) : nullptr;
}

/// Puts functions and methods in the place of their calls, and marks layers with the path of the module whose method
/// they stand in. (libtorch's `Inline` keeps the last name of a path only.)
void inline_calls(jit::Node* first, const jit::Node* end, const std::string& path) {
  for (jit::Node *node = first, *next = nullptr; node != end; node = next) {
    next = node->next();
    if (jit::GraphFunction* callee = callee_of(*node)) {
      const bool method = node->kind() == c10::prim::CallMethod;
      const std::string inside = method ? module_path(*node->input(0), path) : path;
      if (!method) node->removeInput(0);
      jit::Node* before = node->prev();
      callee->ensure_defined();
      jit::inlineCallTo(node, callee, callee->graph().get());
      inline_calls(before->next(), next, inside);
      continue;
    }
    if (!operation_of(*node).empty()) node->s_(layer_mark(), path);
    for (jit::Block* block : node->blocks()) inline_calls(block->param_node()->next(), block->return_node(), path);
  }
}

std::string field_name(const c10::TupleType& type, std::size_t place) {
  return type.schema() ? type.schema()->arguments()[place].name() : std::to_string(place);
}

void add_text(const jit::Value* value, std::vector<std::string>& texts) {
  const auto constant = jit::toIValue(value);
  if (constant && constant->isString()) texts.push_back(constant->toStringRef());
}

std::vector<std::string> returned_names(const jit::Value& returned) {
  std::vector<std::string> names;
  if (const auto tuple = returned.type()->cast<c10::TupleType>()) {
    for (std::size_t i = 0; i < tuple->elements().size(); ++i) {
      if (tuple->elements()[i]->isSubtypeOf(*c10::TensorType::get())) names.push_back(field_name(*tuple, i));
    }
  } else if (const jit::Node& node = *returned.node(); node.kind() == c10::prim::DictConstruct) {
    for (std::size_t i = 0; i < node.inputs().size(); i += 2) add_text(node.inputs()[i], names);
    for (const jit::Use& use : returned.uses()) {
      if (use.user->kind() == c10::aten::_set_item && use.offset == 0) add_text(use.user->inputs()[1], names);
    }
  }
  return names;
}

/// The operations that each module does itself, by its path.
using Operations = std::map<std::string, std::set<std::string>>;

/// A module that does one thing gives it its name.
std::string name_of(const std::string& path, const std::string& operation, const Operations& all) {
  const auto parts = all.lower_bound(path + ".");
  const bool whole = parts == all.end() || parts->first.rfind(path + ".", 0) != 0;
  if (path.empty()) return operation;
  return whole && all.at(path).size() == 1 ? path : path + "." + operation;
}

/// Names the marked nodes that every image passes, no two alike and none like those `taken`.
std::vector<std::string> name_layers(jit::Graph& graph, std::set<std::string> taken) {
  Operations operations;
  std::vector<jit::Node*> layers;
  for (jit::Node* node : graph.nodes()) {
    if (!node->hasAttribute(layer_mark())) continue;
    const std::string operation = operation_of(*node);
    if (operation.empty()) {
      node->removeAttribute(layer_mark());
      continue;
    }
    operations[node->s(layer_mark())].insert(operation);
    layers.push_back(node);
  }
  std::vector<std::string> names;
  for (jit::Node* node : layers) {
    const std::string name = name_of(node->s(layer_mark()), operation_of(*node), operations);
    std::string single = name;
    for (int i = 2; !taken.insert(single).second; ++i) single = name + "." + std::to_string(i);
    node->s_(layer_mark(), single);
    names.push_back(single);
  }
  return names;
}

/// Makes copies of the outputs of the layers wanted outputs of the graph; tells which, in their order.
std::vector<std::string> add_outputs(jit::Graph& graph, const Tap::Layers& wanted) {
  std::vector<std::string> added;
  for (jit::Node* node : graph.nodes()) {
    if (!node->hasAttribute(layer_mark())) continue;
    const std::string name = node->s(layer_mark());
    node->removeAttribute(layer_mark());
    if (wanted.count(name) == 0) continue;
    const jit::WithInsertPoint behind(node->next());
    graph.registerOutput(graph.insert(c10::aten::clone, {node->output(0)}));  // what follows may work in place
    added.push_back(name);
  }
  return added;
}

}  // namespace

std::vector<std::pair<std::string, torch::Tensor>> returned_tensors(const torch::IValue& returned) {
  std::vector<std::pair<std::string, torch::Tensor>> result;
  if (returned.isTuple()) {
    const c10::ivalue::Tuple& tuple = returned.toTupleRef();
    const auto type = tuple.type();
    for (std::size_t i = 0; i < tuple.elements().size(); ++i) {
      if (tuple.elements()[i].isTensor()) result.emplace_back(field_name(*type, i), tuple.elements()[i].toTensor());
    }
  } else if (returned.isGenericDict()) {
    for (const auto& item : returned.toGenericDict()) {
      if (item.key().isString() && item.value().isTensor())
        result.emplace_back(item.key().toStringRef(), item.value().toTensor());
    }
  }
  return result;
}

ScriptLayers::ScriptLayers(const jit::Module& module) {
  try {
    jit::Module copy = module.clone(/*inplace=*/true);  // of the program, not of its weights
    copy.eval();
    jit::Block* program = copy.get_method("forward").graph()->block();
    inline_calls(program->param_node()->next(), program->return_node(), {});
    module_ = jit::freeze_module(copy);
    graph_ = module_.get_method("forward").graph()->copy();
    returned_ = returned_names(*graph_->outputs()[0]);
    std::set<std::string> taken(returned_.begin(), returned_.end());
    taken.insert("output");
    inner_ = name_layers(*graph_, std::move(taken));
    if (inner_.empty()) problem_ = "no layer that every image passes";
  } catch (const std::exception& error) {
    inner_.clear();
    problem_ = reason_of(error);
    returned_ = returned_names(*module.get_method("forward").graph()->outputs()[0]);
  }
}

const ScriptLayers::Tapped& ScriptLayers::tapped(const Tap::Layers& wanted) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Tapped& found = tapped_[wanted];
  if (found.layers.empty()) {
    const std::shared_ptr<jit::Graph> graph = graph_->copy();
    found.layers = add_outputs(*graph, wanted);
    found.program = jit::GraphExecutor(graph, "forward", jit::ExecutorExecutionMode::SIMPLE);
  }
  return found;
}

ScriptAnswer ScriptLayers::run(const torch::Tensor& images, const Tap::Layers& wanted) {
  const Tapped& found = tapped(wanted);
  jit::Stack stack{module_._ivalue(), images};
  module_.get_method("forward").function().getSchema().checkAndNormalizeInputs(stack);
  jit::GraphExecutor(found.program).run(stack);
  ScriptAnswer answer{stack.at(0), {}};
  for (std::size_t i = 0; i < found.layers.size(); ++i)
    answer.inner.emplace_back(found.layers[i], stack.at(i + 1).toTensor());
  return answer;
}

}  // namespace deepmine
