#include "framework/model/script_body.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>

#include "framework/core/error.h"
#include "framework/model/script_file.h"
#include "framework/model/script_layers.h"
#include "framework/model/script_purity.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

constexpr const char* kOutput = "output";

std::string description(const c10::IValue& value);

template <typename Values>
std::string descriptions(const Values& values) {
  std::vector<std::string> all;
  for (const c10::IValue& value : values) all.push_back(description(value));
  return fmt::format("{}", fmt::join(all, ", "));
}

/// Why a type of images is not taken. Throws `std::bad_alloc` where memory ran out, which says nothing about types.
std::string reason_against(const std::exception& error) {
  std::string reason = reason_of(error);
  const bool no_memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
  if (no_memory || reason.find("can't allocate memory") != std::string::npos) throw std::bad_alloc();
  return reason;
}

/// What a program returned, for a message.
std::string description(const c10::IValue& value) {
  if (value.isTensor()) {
    return fmt::format("{} [{}]", c10::toString(value.toTensor().scalar_type()),
                       fmt::join(value.toTensor().sizes(), ","));
  }
  if (value.isTuple()) return fmt::format("a tuple of ({})", descriptions(value.toTupleRef().elements()));
  if (value.isList()) return fmt::format("a list of ({})", descriptions(value.toList()));
  if (value.isGenericDict()) {
    std::vector<std::string> items;
    for (const auto& item : value.toGenericDict()) {
      const std::string key = item.key().isString() ? item.key().toStringRef() : item.key().tagKind();
      items.push_back(fmt::format("{}: {}", key, description(item.value())));
    }
    return fmt::format("a dict of {{{}}}", fmt::join(items, ", "));
  }
  return value.tagKind();
}

class ScriptBody : public ModelBody {
 public:
  ScriptBody(const fs::path& path, std::string output)
      : name_(path.string()), output_(std::move(output)), module_(load_script(path)) {
    for (torch::Tensor parameter : module_.parameters()) parameter.set_requires_grad(false);
    module_.eval();
  }

  std::vector<std::string> layers() const override {
    std::vector<std::string> names = within().inner();
    for (const std::string& name : within().returned()) {
      if (name != kOutput) names.push_back(name);
    }
    names.emplace_back(kOutput);
    return names;
  }
  std::string hidden() const override {
    const std::string& problem = within().problem();
    return problem.empty() ? problem : fmt::format("; {} shows no layers within ({})", name_, problem);
  }
  std::vector<torch::Tensor> state() const override {
    std::vector<torch::Tensor> result;
    for (const torch::Tensor& parameter : module_.parameters()) result.push_back(parameter);
    for (const torch::Tensor& buffer : module_.buffers()) result.push_back(buffer);
    return result;
  }

  torch::Tensor forward(const torch::Tensor& images, const Tap& tap) override {
    const ScriptAnswer found = answer(images, inner_of(tap));
    for (const auto& [layer, output] : found.inner) {
      if (output.dim() > 0 && output.size(0) == images.size(0)) tap.see(layer, widened(output));
    }
    for (const auto& [layer, output] : returned_tensors(found.returned)) {
      if (layer != kOutput && tap.names(layer)) tap.see(layer, checked(output, images));
    }
    return shown(tap, kOutput, checked(chosen(found.returned), images));
  }
  /// Nothing turns a pure program back, and a pass must not write what another reads.
  void force_evaluation() override {
    if (!pure_) module_.eval();
  }
  bool one_at_a_time() const override {
    std::call_once(judged_, [this] { pure_ = keeps_nothing(within().graph()); });
    return !pure_;
  }

 private:
  ScriptLayers& within() const {
    std::call_once(looked_within_, [this] { within_ = std::make_unique<ScriptLayers>(module_); });
    return *within_;
  }

  Tap::Layers inner_of(const Tap& tap) const {
    Tap::Layers inner;
    if (!tap.names_beside(kOutput)) return inner;
    for (const std::string& layer : within().inner()) {
      if (tap.names(layer)) inner.insert(layer);
    }
    return inner;
  }

  /// What the program makes of its own copy of the images, which it may change in place. A copy has a place of memory
  /// for each pixel, whatever the images given share, and is no leaf of the gradient's graph.
  ScriptAnswer called_with(const torch::Tensor& images, torch::ScalarType type, const Tap::Layers& inner) {
    const torch::Tensor copy = images.to(type, /*non_blocking=*/false, /*copy=*/true);
    if (inner.empty()) return {module_.forward({copy}), {}};
    return within().run(copy, inner);
  }

  /// The types of the weights, in their order.
  std::vector<torch::ScalarType> types() const {
    std::vector<torch::ScalarType> result;
    for (const torch::Tensor& tensor : state()) {
      const torch::ScalarType type = tensor.scalar_type();
      if (tensor.is_floating_point() && std::find(result.begin(), result.end(), type) == result.end())
        result.push_back(type);
    }
    return result;
  }

  /// Of images as they are, or else in one of the weights' types.
  ScriptAnswer answer(const torch::Tensor& images, const Tap::Layers& inner) {
    const torch::ScalarType known = type_;
    const torch::ScalarType given = known == torch::ScalarType::Undefined ? images.scalar_type() : known;
    std::string reason;
    try {
      return called_with(images, given, inner);
    } catch (const std::exception& error) {
      reason = reason_against(error);
    }
    const std::vector<torch::ScalarType> others = types();
    for (const torch::ScalarType type : others) {
      if (type == given) continue;
      try {
        ScriptAnswer output = called_with(images, type, inner);
        type_ = type;
        return output;
      } catch (const std::exception& error) {
        const std::string other = reason_against(error);
        if (type == others.front()) reason = other;
      }
    }
    refuse(images, others.empty() ? given : others.front(), reason);
  }

  [[noreturn]] void refuse(const torch::Tensor& images, torch::ScalarType type, const std::string& reason) const {
    const bool no_kernel = reason.find("not implemented for '") != std::string::npos;
    ensure(!no_kernel || type == torch::kFloat32,
           "{}: expected a model that CPUs can run, found one in {}, for which libtorch has no "
           "kernels there ({}); save model.float() instead",
           name_, c10::toString(type), reason);
    ensure(!names_a_device(reason),
           "{}: expected a model that runs on CPUs, found one that asks for another device ({}); save it "
           "again after model.cpu(), traced on the CPU",
           name_, reason);
    fail("{}: the model does not take images of {} x {} x {} ({})", name_, images.size(1), images.size(2),
         images.size(3), reason);
  }

  /// Of several tensors the output.
  torch::Tensor chosen(const torch::IValue& returned) const {
    if (returned.isTensor() && output_.empty()) return returned.toTensor();
    const auto tensors = returned_tensors(returned);
    for (const std::string& name :
         output_.empty() ? std::vector<std::string>{kOutput, "logits"} : std::vector{output_}) {
      for (const auto& [layer, tensor] : tensors) {
        if (layer == name) return tensor;
      }
    }
    ensure(output_.empty(), "{}: expected a tensor named \"{}\", found {}", name_, output_, description(returned));
    ensure(!tensors.empty(), "{}: expected one tensor, found {}; let forward return the logits alone", name_,
           description(returned));
    fail(
        "{}: expected one tensor, or one named output or logits, found {}; choose one: "
        "torchscript:weights={},output={}",
        name_, description(returned), name_, tensors.front().first);
  }

  static torch::Tensor widened(const torch::Tensor& output) {
    return output.is_floating_point() && output.element_size() < 4 ? output.to(torch::kFloat32) : output;
  }

  torch::Tensor checked(const torch::Tensor& answer, const torch::Tensor& images) const {
    // The program may have returned what it got, a view of it, or something of its own.
    torch::Tensor output = widened(answer.clone());
    // squeeze() takes the axis of the images away from a lone one.
    const bool axis_lost = images.size(0) == 1 && (output.dim() == 0 || output.size(0) != 1);
    if (axis_lost) output = output.unsqueeze(0);
    ensure(output.dim() >= 1 && output.size(0) == images.size(0),
           "{}: expected an output for each of {} images, found {}", name_, images.size(0), description(answer));
    return output;
  }

  std::string name_, output_;
  torch::jit::Module module_;
  /// What it takes, where that is not the images' own.
  std::atomic<torch::ScalarType> type_{torch::ScalarType::Undefined};
  mutable std::once_flag looked_within_, judged_;
  mutable std::unique_ptr<ScriptLayers> within_;
  mutable bool pure_ = false;  ///< as far as judged
};

}  // namespace

std::unique_ptr<ModelBody> script_body(const fs::path& path, const std::string& output) {
  return std::make_unique<ScriptBody>(path, output);
}

}  // namespace deepmine
