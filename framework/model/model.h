#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "framework/model/model_file.h"
#include "framework/model/pixel_range.h"
#include "framework/model/tap.h"

namespace deepmine {

class Network;

/// What a frozen network runs in: one of ours, or a TorchScript file.
class ModelBody {
 public:
  virtual ~ModelBody() = default;
  virtual torch::Tensor forward(const torch::Tensor& images, const Tap& tap) = 0;
  virtual void force_evaluation() = 0;
  virtual std::vector<std::string> layers() const = 0;
  /// Why layers within are not among them, for messages; empty where all are.
  virtual std::string hidden() const { return {}; }
  virtual std::vector<torch::Tensor> state() const = 0;
  /// Whether passes must not overlap, since one may write what another reads.
  virtual bool one_at_a_time() const { return false; }
};

/// A frozen network, whatever it was made with: images in, something out, always in eval mode. The images given stay as
/// they are, and what came out too, whatever the network does later.
class Model {
 public:
  /// The network's weights must not change from here on.
  Model(std::shared_ptr<Network> network, ModelFacts facts, std::string sha256);
  /// A TorchScript file, of whose outputs, where it returns several, `output` names the one that counts, see
  /// `script_body`. It runs the code in the file, so load only what you trust. Throws `Error` for a damaged one.
  explicit Model(const std::filesystem::path& script, const std::string& output = {});
  virtual ~Model() = default;
  Model(Model&&) = default;
  Model& operator=(Model&&) = delete;

  /// images [N,C,H,W] -> [N, ...], float32 or float64; shows layer outputs to `tap`. Differentiable in the images.
  virtual torch::Tensor output(const torch::Tensor& images, const Tap& tap = {});
  /// From now on images in [0,1] are brought to `range` before the network sees them.
  void take(PixelRange range) { range_ = range; }
  const PixelRange& range() const { return range_; }
  /// The layers a tap sees, in order.
  virtual std::vector<std::string> layers() const { return body_->layers(); }
  /// How many passes may run at once where `threads` are at hand: of a TorchScript program that may keep something from
  /// one to the next, see `keeps_nothing`, one.
  int passes_at_once(int threads) const { return threads > 1 && body_->one_at_a_time() ? 1 : threads; }
  /// Throws `Error` for layers that it has not, with what was probably meant or the known ones.
  void check_layers(const std::vector<std::string>& wanted) const;
  /// What errors call it: a file, or a network's spec.
  const std::string& name() const { return name_; }
  /// SHA-256 of the file the model came from; of a spec with its weights, of both: one file may serve several specs.
  const std::string& sha256() const { return sha256_; }
  /// What the model file says of itself; empty for models that are not ours.
  const ModelFacts& facts() const { return facts_; }
  /// Whether the output is the images again; none where that is not known (TorchScript).
  std::optional<bool> reconstructs() const { return reconstructs_; }
  /// Every parameter and buffer, for checks that nothing changed them.
  std::vector<torch::Tensor> state() const { return body_->state(); }

 private:
  std::unique_ptr<ModelBody> body_;
  std::string name_;
  std::string sha256_;
  ModelFacts facts_;
  std::optional<bool> reconstructs_;
  PixelRange range_;
};

/// The files that register the model's network, see `Registry::files`; none for TorchScript.
std::set<std::string> network_files(const Model& model);

/// A model from MODEL, which is a model file of ours (`.npz` with about.json), a TorchScript file, also as
/// `torchscript:weights=FILE,output=NAME`, or a network's spec with its weights, `resnet20:weights=FILE.npz`. Throws
/// `Error`.
Model load_model(const std::string& model);

}  // namespace deepmine
