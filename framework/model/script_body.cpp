#include "framework/model/script_body.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <new>

#include "framework/core/error.h"
#include "framework/model/script_file.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

std::string description(const c10::IValue& value);

template <typename Values>
std::string descriptions(const Values& values) {
  std::vector<std::string> all;
  for (const c10::IValue& value : values) all.push_back(description(value));
  return fmt::format("{}", fmt::join(all, ", "));
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
  explicit ScriptBody(const fs::path& path) : name_(path.string()), module_(load_script(path)) {
    for (torch::Tensor parameter : module_.parameters()) parameter.set_requires_grad(false);
  }

  std::vector<std::string> layers() const override { return {"output"}; }
  std::vector<torch::Tensor> state() const override {
    std::vector<torch::Tensor> result;
    for (const torch::Tensor& parameter : module_.parameters()) result.push_back(parameter);
    for (const torch::Tensor& buffer : module_.buffers()) result.push_back(buffer);
    return result;
  }

  torch::Tensor forward(const torch::Tensor& images, const Tap& tap) override {
    const torch::Tensor output = checked(answer(images), images);
    if (tap) tap("output", output);
    return output;
  }
  void force_evaluation() override { module_.eval(); }
  bool one_at_a_time() const override { return true; }

 private:
  /// What the program makes of its own copy of the images, which it may change in place. A copy has a place of memory
  /// for each pixel, whatever the images given share, and is no leaf of the gradient's graph.
  torch::IValue called_with(const torch::Tensor& images, torch::ScalarType type) {
    return module_.forward({images.to(type, /*non_blocking=*/false, /*copy=*/true)});
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
  torch::IValue answer(const torch::Tensor& images) {
    const torch::ScalarType given = type_.value_or(images.scalar_type());
    std::string reason;
    try {
      return called_with(images, given);
    } catch (const std::exception& error) {
      reason = reason_of(error);
    }
    const std::vector<torch::ScalarType> others = types();
    for (const torch::ScalarType type : others) {
      if (type == given) continue;
      try {
        torch::IValue output = called_with(images, type);
        type_ = type;
        return output;
      } catch (const std::exception& error) {
        if (type == others.front()) reason = reason_of(error);
      }
    }
    refuse(images, others.empty() ? given : others.front(), reason);
  }

  [[noreturn]] void refuse(const torch::Tensor& images, torch::ScalarType type, const std::string& reason) const {
    if (reason.find("can't allocate memory") != std::string::npos) throw std::bad_alloc();
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

  torch::Tensor checked(const torch::IValue& answer, const torch::Tensor& images) const {
    ensure(answer.isTensor(),
           "{}: expected one tensor, found {}; let forward return the logits (or the layer to look at) alone", name_,
           description(answer));
    // The program may have returned what it got, a view of it, or something of its own.
    torch::Tensor output = answer.toTensor().clone();
    if (output.is_floating_point() && output.element_size() < 4) output = output.to(torch::kFloat32);
    // squeeze() takes the axis of the images away from a lone one.
    const bool axis_lost = images.size(0) == 1 && (output.dim() == 0 || output.size(0) != 1);
    if (axis_lost) output = output.unsqueeze(0);
    ensure(output.dim() >= 1 && output.size(0) == images.size(0),
           "{}: expected an output for each of {} images, found {}", name_, images.size(0), description(answer));
    return output;
  }

  std::string name_;
  torch::jit::Module module_;
  std::optional<torch::ScalarType> type_;  ///< what it takes, where that is not the images' own
};

}  // namespace

std::unique_ptr<ModelBody> script_body(const fs::path& path) { return std::make_unique<ScriptBody>(path); }

}  // namespace deepmine
