#include "framework/model/model.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/nearest.h"
#include "framework/model/network.h"
#include "framework/model/script_body.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

class NetworkBody : public ModelBody {
 public:
  explicit NetworkBody(std::shared_ptr<Network> network) : network_(std::move(network)) {
    for (torch::Tensor& parameter : network_->parameters()) parameter.set_requires_grad(false);
    for (Layer& layer : network_->layers()) layers_.push_back(std::move(layer.name));
    network_->fold();
  }

  std::vector<std::string> layers() const override { return layers_; }
  std::vector<torch::Tensor> state() const override {
    std::vector<torch::Tensor> result = network_->parameters();
    for (const torch::Tensor& buffer : network_->buffers()) result.push_back(buffer);
    return result;
  }

  torch::Tensor forward(const torch::Tensor& images, const Tap& tap) override {
    const ImageShape shape = network_->input();
    ensure(images.size(1) == shape.channels && images.size(2) == shape.size &&
               images.size(3) == shape.size,
           "expected images of {} x {} x {} (channels, height, width), found {} x {} x {}; is it "
           "the right model for them?", shape.channels, shape.size, shape.size, images.size(1),
           images.size(2), images.size(3));
    return network_->forward(images, tap);
  }
  /// Reads only where nothing is to be done: passes may overlap.
  void force_evaluation() override {
    if (network_->is_training()) network_->eval();
  }

 private:
  std::shared_ptr<Network> network_;
  std::vector<std::string> layers_;
};

constexpr const char* kScript = "torchscript";

Model load_script_spec(const Spec& spec) {
  std::string weights, output;
  Fields fields;
  fields.add({"weights", &weights, "", "the TorchScript file", ""});
  fields.add({"output", &output, "", "which of the tensors it returns is the output", ""});
  fields.assign(spec.values, kScript);
  ensure(!weights.empty(), "{}: expected {}:weights=FILE, found no weights", spec.text(), kScript);
  return Model(fs::path(weights), output);
}

Model load_spec(const std::string& text) {
  Spec spec = Spec::parse(text);
  if (spec.name == kScript) return load_script_spec(spec);
  const auto weights = spec.values.find("weights");
  ensure(weights != spec.values.end(), "{}: no such file, and no weights for a network of ours; "
         "expected FILE or NETWORK:weights=FILE.npz", text);
  const fs::path path = weights->second;
  spec.values.erase(weights);
  auto network = make_network(spec, Seed(0));
  load_weights(path, *network);
  const std::string canonical = Registry<Network>::instance().canonical(spec);
  return {std::move(network), {{"network", canonical}}, sha256(canonical + "\n" + sha256_of_file(path))};
}

/// The checkpoints that come with the sources, which experiments take unless told otherwise, have relative paths.
std::string missing_here() {
  return " in " + fs::current_path().string() +
         "; change to the folder that its path starts from (the top of the source tree for "
         "results/checkpoints/...), or say where it lies (of an experiment: --set model=FILE, or --set KEY=FILE with "
         "the option's KEY)";
}

}  // namespace

Model::Model(std::shared_ptr<Network> network, ModelFacts facts, std::string sha256)
    : name_("the network"),
      sha256_(std::move(sha256)),
      facts_(std::move(facts)),
      reconstructs_(network->reconstructs()) {
  if (const auto spec = facts_.find("network"); spec != facts_.end()) name_ = spec->second;
  body_ = std::make_unique<NetworkBody>(std::move(network));
}

Model::Model(const fs::path& script, const std::string& output)
    : body_(script_body(script, output)), name_(script.string()), sha256_(sha256_of_file(script)) {
  if (!output.empty()) sha256_ = deepmine::sha256(sha256_ + " " + output);
}

void Model::check_layers(const std::vector<std::string>& wanted) const {
  if (wanted.empty()) return;
  const std::vector<std::string> known = layers();
  for (const std::string& layer : wanted) {
    ensure(std::find(known.begin(), known.end(), layer) != known.end(), "unknown layer \"{}\"; {}{}", layer,
           suggestion(layer, known), body_->hidden());
  }
}

torch::Tensor Model::output(const torch::Tensor& images, const Tap& tap) {
  body_->force_evaluation();
  return body_->forward(range_.from_unit(images), tap);
}

std::set<std::string> network_files(const Model& model) {
  const auto network = model.facts().find("network");
  if (network == model.facts().end()) return {};
  return Registry<Network>::instance().files(Spec::parse(network->second));
}

Model load_model(const std::string& model) {
  const fs::path path = model;
  if (!fs::exists(path)) {
    const std::string name = model.substr(0, model.find(':'));
    const bool is_spec = name == kScript || Registry<Network>::instance().contains(name);
    ensure(is_spec, "{}: expected a model file or NETWORK:weights=FILE.npz, found no such file{}", model,
           path.is_relative() ? missing_here() : "; check the path");
    return load_spec(model);
  }
  ensure(!is_pipe_or_device(path), "{}: expected a model file, found a pipe or a device; save it to a file", model);
  if (path.extension() != ".npz") return Model(path);
  LoadedNetwork loaded = load_network(path);
  return {std::move(loaded.network), std::move(loaded.facts), sha256_of_file(path)};
}

}  // namespace deepmine
