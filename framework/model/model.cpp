#include "framework/model/model.h"

#include <torch/script.h>

#include "framework/core/archive.h"
#include "framework/core/error.h"
#include "framework/core/file.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

class NetworkBody : public ModelBody {
 public:
  explicit NetworkBody(std::shared_ptr<Network> network) : network_(std::move(network)) {
    for (torch::Tensor& parameter : network_->parameters()) parameter.set_requires_grad(false);
    frozen_ = network_->frozen();
  }

  std::vector<std::string> layers() const override { return network_->layers(); }
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
    return frozen_ && !tap ? frozen_(images) : network_->forward(images, tap);
  }
  void force_evaluation() override { network_->eval(); }

 private:
  std::shared_ptr<Network> network_;
  std::function<torch::Tensor(const torch::Tensor&)> frozen_;
};

/// The line of a libtorch error that says why: the interpreter's is its last ("RuntimeError: ..."),
/// any other's the first; the rest is a stack trace for developers.
std::string reason(const std::string& text) {
  const std::size_t raised = text.rfind("Error: ");
  const std::size_t begin = raised == std::string::npos ? 0 : raised + 7;
  return text.substr(begin, text.find('\n', begin) - begin);
}

class ScriptBody : public ModelBody {
 public:
  explicit ScriptBody(const fs::path& path) : path_(path) {
    // libtorch believes the sizes in the archive and does not look at its checksums.
    check_archive(path, "a TorchScript file or a model file of ours (.npz)");
    try {
      module_ = torch::jit::load(path.string());
    } catch (const std::exception& error) {
      fail("{}: expected a TorchScript file or a model file of ours (.npz), found neither ({})",
           path.string(), reason(error.what()));
    }
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
    const torch::Tensor output = run(images);
    ensure(output.dim() >= 1 && output.size(0) == images.size(0),
           "{}: expected an output for each of {} images, found {} axes", path_.string(), images.size(0),
           output.dim());
    if (tap) tap("output", output);
    return output;
  }
  void force_evaluation() override { module_.eval(); }

 private:
  torch::Tensor run(const torch::Tensor& images) {
    torch::IValue output;
    try {
      output = module_.forward({images});
    } catch (const std::exception& error) {
      fail("{}: the model does not take images of {} x {} x {} ({})", path_.string(),
           images.size(1), images.size(2), images.size(3), reason(error.what()));
    }
    ensure(output.isTensor(), "{}: expected one tensor, found {}", path_.string(),
           output.tagKind());
    return output.toTensor();
  }

  fs::path path_;
  torch::jit::Module module_;
};

Model load_spec(const std::string& text) {
  Spec spec = Spec::parse(text);
  const auto weights = spec.values.find("weights");
  ensure(weights != spec.values.end(), "{}: no such file, and no weights for a network of ours; "
         "expected FILE or NETWORK:weights=FILE.npz", text);
  const fs::path path = weights->second;
  spec.values.erase(weights);
  auto network = make_network(spec, Seed(0));
  load_weights(path, *network);
  const std::string canonical = Registry<Network>::instance().canonical(spec);
  return {std::move(network), {{"network", canonical}}, sha256_of_file(path)};
}

/// The checkpoints that come with the sources, which experiments take unless told otherwise, have relative paths.
std::string missing_here() {
  return " in " + fs::current_path().string() +
         "; change to the folder that its path starts from (the top of the source tree for "
         "results/checkpoints/...), or say where it lies (of an experiment: --set model=FILE, or --set KEY=FILE with "
         "the option's KEY)";
}

}  // namespace

torch::Tensor PixelRange::from_unit(const torch::Tensor& images) const {
  return is_unit() ? images : images * (high - low) + low;
}

torch::Tensor PixelRange::to_unit(const torch::Tensor& images) const {
  return is_unit() ? images : (images - low) / (high - low);
}

Model::Model(std::shared_ptr<Network> network, ModelFacts facts, std::string sha256)
    : name_("the network"),
      sha256_(std::move(sha256)),
      facts_(std::move(facts)),
      reconstructs_(network->reconstructs()) {
  if (const auto spec = facts_.find("network"); spec != facts_.end()) name_ = spec->second;
  body_ = std::make_unique<NetworkBody>(std::move(network));
}

Model::Model(const fs::path& script)
    : body_(std::make_unique<ScriptBody>(script)),
      name_(script.string()),
      sha256_(sha256_of_file(script)) {}

torch::Tensor Model::output(const torch::Tensor& images, const Tap& tap) {
  body_->force_evaluation();
  return body_->forward(range_.from_unit(images), tap);
}

Model load_model(const std::string& model) {
  const fs::path path = model;
  if (!fs::exists(path)) {
    const bool is_spec = Registry<Network>::instance().contains(model.substr(0, model.find(':')));
    ensure(is_spec, "{}: expected a model file or NETWORK:weights=FILE.npz, found no such file{}", model,
           path.is_relative() ? missing_here() : "; check the path");
    return load_spec(model);
  }
  if (path.extension() != ".npz") return Model(path);
  LoadedNetwork loaded = load_network(path);
  return {std::move(loaded.network), std::move(loaded.facts), sha256_of_file(path)};
}

void check_images(const torch::Tensor& images, std::string_view what, bool any_range) {
  ensure(images.dim() == 4 && images.scalar_type() == torch::kFloat32 && images.size(0) > 0,
         "{}: expected float32 images [N,C,H,W], found {} axes of type {}", what, images.dim(),
         c10::toString(images.scalar_type()));
  const double low = images.min().item<double>(), high = images.max().item<double>();
  ensure(torch::isfinite(images).all().item<bool>(),
         "{}: expected finite pixels, found NaN or infinity", what);
  ensure(any_range || (low >= 0 && high <= 1),
         "{}: expected pixels in [0,1], found {:.4g} to {:.4g}; scale them (value / 255)", what, low,
         high);
}

}  // namespace deepmine
