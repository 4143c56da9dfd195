#include <catch2/catch.hpp>

#include "experiments/autoencoder_scan_options.h"
#include "experiments/deep_mining_options.h"
#include "experiments/odin_options.h"
#include "experiments/uniform_svdd_options.h"
#include "framework/run/experiment.h"

namespace deepmine {
namespace {

TEST_CASE("what a run keeps of its options can be given again, as replay does") {
  const std::map<std::string, Settings> kept{{"autoencoder-scan", AutoencoderScanOptions().canonical()},
                                             {"deep-mining", DeepMiningOptions().canonical()},
                                             {"odin", OdinOptions().canonical()},
                                             {"uniform-svdd", UniformSvddOptions().canonical()}};
  for (const auto& [name, settings] : kept) {
    Spec spec;
    spec.name = name;
    spec.values = settings;
    CAPTURE(spec.text());
    CHECK_NOTHROW(Registry<Experiment>::instance().make(spec));
  }
}

}  // namespace
}  // namespace deepmine
