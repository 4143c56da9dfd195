#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "framework/core/seed.h"
#include "framework/core/spec.h"

namespace deepmine {

class Network;

/// What a model file says of itself, all of it text: "network" (canonical spec), "dataset",
/// "recipe", "seed", "accuracy" and so on.
using ModelFacts = std::map<std::string, std::string>;

/// A network with weights and the facts that came with them.
struct LoadedNetwork {
  std::shared_ptr<Network> network;  ///< in eval mode, gradients of parameters off
  std::string spec;                  ///< canonical spec of the architecture
  ModelFacts facts;
};

/// Writes weights and facts as a numpy archive (`.npz`): one array per parameter and buffer
/// ([out, in, kh, kw] for convolutions), and `about.json`. Equal weights give equal bytes.
void save_model(const std::filesystem::path& path, const Network& network,
                const ModelFacts& facts);

/// Reads what `save_model` wrote. Throws `Error` naming the missing, superfluous or misshapen array.
LoadedNetwork load_network(const std::filesystem::path& path);

/// Weights from an archive into `network`, under our names or those of the file that others published
/// (`Network::published_name`), with "module." before them or not. Throws `Error`, naming array, expected and found.
void load_weights(const std::filesystem::path& path, Network& network);

/// A registered network with untrained weights drawn from `seed`.
std::shared_ptr<Network> make_network(const Spec& spec, Seed seed);

}  // namespace deepmine
