#include "framework/core/error.h"
#include "framework/model/model_file.h"
#include "framework/model/named_tensors.h"
#include "framework/model/network.h"
#include "tests/fuzz/changed_npz.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_file.h"

using namespace deepmine;

namespace {

const char* const kSpec = "autoencoder:channels=1,size=8";

const Npz& sound_model() {
  static const Npz content{arrays_of(weights_of(*make_network(Spec::parse(kSpec), Seed(1)))),
                           {{"about", std::string(R"({"network": ")") + kSpec + "\"}"}}};
  return content;
}

void must_be_finite(const Network& network) {
  for (const auto& [name, weight] : weights_of(network)) must(torch::isfinite(weight).all().item<bool>());
}

}  // namespace

/// A model file that is read has finite weights, and so has one that is read as bare weights.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto network = make_network(Spec::parse(kSpec), Seed(1));
  try {
    const MemoryFile file(archive_like(sound_model(), "about", {data, size}));
    const LoadedNetwork loaded = load_network(file.path());
    must_be_finite(*loaded.network);
    must(loaded.facts.at("network") == loaded.spec);
    load_weights(file.path(), *network);
    must_be_finite(*network);
  } catch (const Error&) {  // what a user is told
  }
  return 0;
}
