#include "framework/model/model_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "framework/core/error.h"
#include "framework/core/flat_json.h"
#include "framework/core/npz.h"
#include "framework/model/named_tensors.h"
#include "framework/model/network.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

constexpr const char* kFacts = "about";

ModelFacts facts_of(NpzReader& archive) {
  const std::string& name = archive.name();
  ensure(archive.texts().count(kFacts) > 0, "{}: expected a model file of ours (with about.json); for bare "
         "weights use NETWORK:weights={}", name, name);
  ModelFacts facts = parse_flat_json(archive.text(kFacts), name + ": about.json");
  ensure(facts.count("network") > 0, "{}: about.json names no network; train or fetch the model again", name);
  return facts;
}

void freeze(Network& network) {
  network.eval();
  for (torch::Tensor& parameter : network.parameters()) parameter.set_requires_grad(false);
  use_channels_last(network);
}

std::size_t found_in(const NpzReader& archive, const NamedTensors& tensors) {
  return static_cast<std::size_t>(std::count_if(tensors.begin(), tensors.end(), [&](const auto& named) {
    return archive.arrays().count(named.first) > 0;
  }));
}

/// The network's tensors under ours, or others' names, whichever the archive has more of.
NamedTensors named_as_in(const NpzReader& archive, const Network& network) {
  constexpr const char* kWrapper = "module.";  // what torch.nn.DataParallel puts before each name
  NamedTensors best = weights_of(network), published, wrapped;
  for (const auto& [name, tensor] : best) {
    const std::string theirs = network.published_name(name);
    published.emplace(theirs, tensor);
    wrapped.emplace(kWrapper + theirs, tensor);
  }
  for (NamedTensors* names : {&published, &wrapped}) {
    if (found_in(archive, *names) > found_in(archive, best)) best.swap(*names);
  }
  return best;
}

}  // namespace

void save_model(const fs::path& path, const Network& network, const ModelFacts& facts) {
  const NamedTensors weights = weights_of(network);
  for (const auto& [name, weight] : weights) {
    ensure(torch::isfinite(weight).all().item<bool>(),
           "{}: expected finite weights to save, found NaN or infinity in \"{}\"", path.string(),
           name);
  }
  Npz content{arrays_of(weights), {}};
  content.texts.emplace(kFacts, nlohmann::json(facts).dump(1) + "\n");
  write_npz(path, content);
}

LoadedNetwork load_network(const fs::path& path) {
  NpzReader archive(path, path.string());
  LoadedNetwork result;
  result.facts = facts_of(archive);
  result.spec = result.facts.at("network");
  // Not initialised: every number is read.
  result.network = Registry<Network>::instance().make(Spec::parse(result.spec));
  assign(archive, kFacts, weights_of(*result.network));
  freeze(*result.network);
  return result;
}

void load_weights(const fs::path& path, Network& network) {
  NpzReader archive(path, path.string());
  assign(archive, kFacts, named_as_in(archive, network));
  if (archive.texts().count(kFacts) > 0) archive.text(kFacts);  // not needed here, but a damaged file is none to use
  freeze(network);
}

std::shared_ptr<Network> make_network(const Spec& spec, Seed seed) {
  std::shared_ptr<Network> network = Registry<Network>::instance().make(spec);
  network->initialise(seed);
  return network;
}

}  // namespace deepmine
