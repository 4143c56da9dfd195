#pragma once

#include <torch/types.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace deepmine {

/// Sees layers' outputs [N, ...] while a network runs. libtorch's C++ API has no forward hooks, so a network shows to
/// the tap what it has, see `shown`; an empty tap costs nothing.
class Tap {
 public:
  using See = std::function<void(std::string_view layer, const torch::Tensor& output)>;
  using Layers = std::set<std::string, std::less<>>;

  Tap() = default;
  /// Sees all layers of a network of ours, of a TorchScript file the output.
  template <typename F, typename = std::enable_if_t<std::is_invocable_v<F&, std::string_view, const torch::Tensor&>>>
  Tap(F see) : see_(std::move(see)) {}
  /// Sees the layers named, of a TorchScript file inner ones, too.
  Tap(Layers layers, See see) : layers_(std::move(layers)), see_(std::move(see)) {}

  explicit operator bool() const { return see_ != nullptr; }
  /// Whether it was told to see this layer.
  bool names(std::string_view layer) const { return layers_ && layers_->count(layer) > 0; }
  /// Whether it was told to see any other.
  bool names_beside(std::string_view layer) const { return layers_ && layers_->size() > layers_->count(layer); }
  void see(std::string_view layer, const torch::Tensor& output) const {
    if (!layers_ || names(layer)) see_(layer, output);
  }

 private:
  std::optional<Layers> layers_;
  See see_;
};

/// Shows `output` to the tap, if there is one, and hands it on.
inline torch::Tensor shown(const Tap& tap, std::string_view layer, torch::Tensor output) {
  if (tap) tap.see(layer, output);
  return output;
}

/// A tap for a part of a network: `tap` sees its layers as "part.layer". Must not outlive `tap`; empty where that is.
inline Tap within(const Tap& tap, std::string_view part) {
  if (!tap) return {};
  return [&tap, prefix = std::string(part) + "."](std::string_view layer, const torch::Tensor& output) {
    tap.see(prefix + std::string(layer), output);
  };
}

}  // namespace deepmine
