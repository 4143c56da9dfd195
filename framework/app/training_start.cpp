#include "framework/app/training_start.h"

#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/registry.h"
#include "framework/data/dataset.h"
#include "framework/model/network.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

TrainingStart going_on(Spec network, std::shared_ptr<Network> trained, const fs::path& file) {
  return {std::move(network),
          std::move(trained),
          {{"from", file.filename().string()}, {"from_sha256", sha256_of_file(file)}},
          {file}};
}

TrainingStart start_of_file(const fs::path& file) {
  ensure(file.extension() == ".npz",
         "{}: expected a network of ours to train, or a model file of one (.npz), found another file", file.string());
  LoadedNetwork loaded = load_network(file);
  return going_on(Spec::parse(loaded.spec), std::move(loaded.network), file);
}

TrainingStart start_of_spec(Spec spec) {
  const auto& networks = Registry<Network>::instance();
  const auto weights = spec.values.find("weights");
  if (weights == spec.values.end()) {
    networks.canonical(spec);
    return {spec};
  }
  const fs::path file = weights->second;
  spec.values.erase(weights);
  std::shared_ptr<Network> network = networks.make(spec);  // not initialised: every number is read
  load_weights(file, *network);
  return going_on(Spec::parse(networks.canonical(spec)), std::move(network), file);
}

}  // namespace

bool TrainingStart::reconstructs() const {
  return trained ? trained->reconstructs() : Registry<Network>::instance().make(network)->reconstructs();
}

TrainingStart training_start(const std::string& text) {
  const bool known = Registry<Network>::instance().contains(text.substr(0, text.find(':')));
  const bool meant = !known && fs::path(text).extension() == ".npz";
  return meant || fs::is_regular_file(text) ? start_of_file(text) : start_of_spec(Spec::parse(text));
}

std::shared_ptr<Network> trainable(const TrainingStart& start, const Dataset& data) {
  Network& network = *start.trained;
  const ImageShape shape = network.input();
  const auto found = data.images.sizes().slice(1);
  ensure(found == at::IntArrayRef({shape.channels, shape.size, shape.size}),
         "{}: expected images of {} x {} x {} for {}, found {}", data.name, shape.channels, shape.size, shape.size,
         start.network.text(), fmt::join(found, " x "));
  if (!network.reconstructs()) {
    const auto known = static_cast<std::size_t>(network.layers().back().shape[0]);
    ensure(known == data.class_names.size(), "{}: expected the {} classes that {} tells apart, found {}", data.name,
           known, start.network.text(), data.class_names.size());
  }
  for (torch::Tensor& weight : network.parameters()) weight.set_requires_grad(true);
  return start.trained;
}

}  // namespace deepmine
