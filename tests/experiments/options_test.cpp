#include <catch2/catch.hpp>

#include "experiments/autoencoder_scan_options.h"
#include "experiments/deep_mining_options.h"
#include "experiments/odin_options.h"
#include "experiments/uniform_svdd_options.h"
#include "framework/evaluate/lists.h"
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

TEST_CASE("every profile of every experiment is one that it takes, with each of its detectors") {
  const auto& registry = Registry<Experiment>::instance();
  for (const std::string& name : registry.names()) {
    for (const auto& [profile, settings] : registry.make({name, {}})->profiles()) {
      const auto listed = settings.find("detector");
      const std::string detectors = listed == settings.end() ? " " : listed->second;
      for (const std::string_view detector : pieces(detectors, ';')) {
        Spec spec{name, settings};
        if (listed != settings.end()) spec.values["detector"] = detector;
        INFO(name << ", profile " << profile << ", " << detector);
        CHECK_NOTHROW(registry.make(spec));
      }
    }
  }
}

}  // namespace
}  // namespace deepmine
