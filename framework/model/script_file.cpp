#include "framework/model/script_file.h"

#include <fmt/ranges.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/version.h>

#include <algorithm>
#include <array>
#include <regex>

#include "framework/core/archive.h"
#include "framework/core/error.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

constexpr const char* kExpected = "a TorchScript file or a model file of ours (.npz)";

bool is_other_device(const std::string& text) {
  static const std::regex kDevices("(cuda|hip|xpu|mps)(:[0-9]+)?");
  return std::regex_match(text, kDevices);
}

/// A traced model keeps the device it was traced on in its code, `x.to("cuda:0")`.
void bring_to_cpu(torch::jit::Block* block) {
  namespace prim = c10::prim;
  static const auto kCuda = c10::Symbol::fromQualString("aten::cuda"), kCpu = c10::Symbol::fromQualString("aten::cpu");
  for (torch::jit::Node* node : block->nodes()) {
    for (torch::jit::Block* inner : node->blocks()) bring_to_cpu(inner);
    const bool text = node->kind() == prim::Constant && node->hasAttribute(c10::attr::value) &&
                      node->kindOf(c10::attr::value) == torch::jit::AttributeKind::s;
    if (text && is_other_device(node->s(c10::attr::value))) node->s_(c10::attr::value, "cpu");
  }
  std::vector<torch::jit::Node*> calls;
  for (torch::jit::Node* node : block->nodes()) {
    if (node->kind() == kCuda) calls.push_back(node);
  }
  for (torch::jit::Node* call : calls) {
    call->replaceWithNewSymbol(kCpu);
    call->destroy();
  }
}

/// Also has functions run as they are written: torch would change their operations by what the first batches were like,
/// and results by which these were.
void bring_to_cpu(torch::jit::Module& module) {
  for (torch::jit::Function* function : module._ivalue()->compilation_unit()->get_functions()) {
    torch::jit::GraphFunction* program = torch::jit::tryToGraphFunction(*function);
    if (program == nullptr) continue;
    program->ensure_defined();
    program->_set_initial_executor_execution_mode(torch::jit::ExecutorExecutionMode::SIMPLE);
    bring_to_cpu(program->graph()->block());
  }
  for (torch::jit::Module part : module.modules()) {
    for (const auto& attribute : part.named_attributes(/*recurse=*/false)) {
      const c10::IValue& value = attribute.value;
      if (value.isDevice() && !value.toDevice().is_cpu()) part.setattr(attribute.name, c10::Device(c10::kCPU));
      if (value.isString() && is_other_device(value.toStringRef())) part.setattr(attribute.name, std::string("cpu"));
    }
  }
}

[[noreturn]] void refuse(const fs::path& path, const std::string& reason) {
  const std::string file = path.string();
  const std::string version = fmt::format("{}.{}", TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR);
  const auto says = [&](const char* part) { return reason.find(part) != std::string::npos; };
  ensure(!says("maximum supported version"),
         "{}: expected a file of torch {} or older, found one written by a newer torch than {}; save it "
         "again with torch {} or older",
         file, version, version, version);
  ensure(!says("Unknown builtin op"),
         "{}: expected operators that torch {} has, found another ({}); save it again with torch {} or "
         "older, without operators of other libraries",
         file, version, reason, version);
  ensure(!says("constants.pkl"),
         "{}: expected {}, found a file of torch.save; save torch.jit.script(model) or "
         "torch.jit.trace(model, images) with its method save",
         file, kExpected);
  fail("{}: expected {}, found neither ({}); save the model again with torch {} or older", file, kExpected, reason,
       version);
}

/// Whether the first argument is for images, and there is no other that has no default.
void check_arguments(const torch::jit::Module& module, const fs::path& path) {
  const auto forward = module.find_method("forward");
  ensure(forward.has_value(), "{}: expected a module with a method forward, found none; save the whole model",
         path.string());
  const std::vector<c10::Argument>& all = forward->function().getSchema().arguments();
  std::vector<std::string> names;
  std::size_t required = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {  // the first is self
    names.push_back(fmt::format("{}: {}", all[i].name(), all[i].type()->annotation_str()));
    required += i == 1 || !all[i].default_value() ? 1 : 0;
  }
  const bool takes_images = all.size() > 1 && c10::TensorType::get()->isSubtypeOf(*all[1].type());
  ensure(takes_images && required == 1,
         "{}: expected a model of one argument, images, found forward({}); save one that takes images [N,C,H,W] "
         "alone",
         path.string(), fmt::join(names, ", "));
}

}  // namespace

std::string reason_of(const std::exception& error) {
  const std::string text = error.what();
  const std::size_t raised = text.rfind("Error: ");
  const std::size_t begin = text.find_first_not_of(" \n", raised == std::string::npos ? 0 : raised + 7);
  if (begin == std::string::npos) return "no reason given";
  const std::string line = text.substr(begin, text.find('\n', begin) - begin);
  // What follows tells the library's developers what to do.
  return line.substr(0, line.find(". This could be because"));
}

bool names_a_device(const std::string& reason) {
  static constexpr std::array<const char*, 4> kDevices{"CUDA", "cuda", "XPU", "MPS"};
  return std::any_of(kDevices.begin(), kDevices.end(),
                     [&](const char* device) { return reason.find(device) != std::string::npos; });
}

torch::jit::Module load_script(const fs::path& path) {
  // libtorch believes the sizes in the archive and does not look at its checksums.
  check_archive(path, kExpected);
  torch::jit::Module module;
  try {
    module = torch::jit::load(path.string(), c10::Device(c10::kCPU));
    bring_to_cpu(module);
  } catch (const std::exception& error) {
    refuse(path, reason_of(error));
  }
  check_arguments(module, path);
  return module;
}

}  // namespace deepmine
