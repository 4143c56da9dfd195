#include "framework/model/model_file.h"

#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "framework/core/error.h"
#include "framework/core/npz.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

constexpr const char* kFacts = "about";
/// How many batches a batch normalisation has seen: of no use with a fixed momentum.
constexpr const char* kBatchCount = "num_batches_tracked";

bool is_weight(const std::string& name) { return name.find(kBatchCount) == std::string::npos; }

std::map<std::string, torch::Tensor> weights_of(const Network& network) {
  std::map<std::string, torch::Tensor> result;
  for (const auto& item : network.named_parameters()) result.emplace(item.key(), item.value());
  for (const auto& item : network.named_buffers()) {
    if (is_weight(item.key())) result.emplace(item.key(), item.value());
  }
  return result;
}

Array array_of(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().to(torch::kFloat32).contiguous();
  const float* begin = values.data_ptr<float>();
  return {{values.sizes().begin(), values.sizes().end()},
          std::vector<float>(begin, begin + values.numel())};
}

void copy_into(torch::Tensor& weight, const Array& array, const std::string& name,
               const fs::path& path) {
  const std::vector<std::int64_t> found(array.shape.begin(), array.shape.end());
  ensure(weight.sizes() == at::IntArrayRef(found),
         "{}: array \"{}\": expected shape [{}], found [{}]; is it the weights of another network?",
         path.string(), name, fmt::join(weight.sizes(), ", "), fmt::join(found, ", "));
  std::vector<float> values = values_as<float>(array, name);
  weight.copy_(torch::from_blob(values.data(), found, torch::kFloat32));
  ensure(torch::isfinite(weight).all().item<bool>(),
         "{}: array \"{}\": expected finite weights, found NaN or infinity", path.string(), name);
}

void assign_weights(const fs::path& path, const Npz& content, Network& network) {
  torch::NoGradGuard no_gradient;
  auto weights = weights_of(network);
  for (auto& [name, weight] : weights) {
    const auto array = content.arrays.find(name);
    ensure(array != content.arrays.end(), "{}: expected an array \"{}\", found none; is it the "
           "weights of another network?", path.string(), name);
    copy_into(weight, array->second, name, path);
  }
  for (const auto& [name, array] : content.arrays) {
    ensure(weights.count(name) > 0, "{}: array \"{}\" belongs to no layer of the network; is it "
           "the weights of another network?", path.string(), name);
  }
}

ModelFacts facts_of(const fs::path& path, const Npz& content) {
  const auto text = content.texts.find(kFacts);
  ensure(text != content.texts.end(), "{}: expected a model file of ours (with about.json); for bare "
         "weights use NETWORK:weights={}", path.string(), path.string());
  const auto facts = nlohmann::json::parse(text->second, nullptr, false);
  ensure(facts.is_object() && facts.contains("network"),
         "{}: about.json is damaged; train or fetch the model again", path.string());
  ModelFacts result;
  for (const auto& [key, value] : facts.items()) {
    result.emplace(key, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return result;
}

void freeze(Network& network) {
  network.eval();
  for (torch::Tensor& parameter : network.parameters()) parameter.set_requires_grad(false);
  use_channels_last(network);
}

}  // namespace

void save_model(const fs::path& path, const Network& network, const ModelFacts& facts) {
  Npz content;
  for (const auto& [name, weight] : weights_of(network)) {
    ensure(torch::isfinite(weight).all().item<bool>(),
           "{}: expected finite weights to save, found NaN or infinity in \"{}\"", path.string(),
           name);
    content.arrays.emplace(name, array_of(weight));
  }
  content.texts.emplace(kFacts, nlohmann::json(facts).dump(1) + "\n");
  write_npz(path, content);
}

LoadedNetwork load_network(const fs::path& path) {
  const Npz content = read_npz(path);
  LoadedNetwork result;
  result.facts = facts_of(path, content);
  result.spec = result.facts.at("network");
  result.network = make_network(Spec::parse(result.spec), Seed(0));
  assign_weights(path, content, *result.network);
  freeze(*result.network);
  return result;
}

void load_weights(const fs::path& path, Network& network) {
  assign_weights(path, read_npz(path), network);
  freeze(network);
}

std::shared_ptr<Network> make_network(const Spec& spec, Seed seed) {
  std::shared_ptr<Network> network = Registry<Network>::instance().make(spec);
  network->initialise(seed);
  return network;
}

}  // namespace deepmine
