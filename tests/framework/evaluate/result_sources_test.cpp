#include "framework/evaluate/attack_sources.h"

#include <catch2/catch.hpp>

#include "framework/run/sources.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

bool depends(const SourceFiles& files, const std::string& on) {
  return Sources::of_program().dependencies(files).count(on) > 0;
}

TEST_CASE("results depend on the files of what is named, and of nothing else of its kind") {
  const std::string spec = Registry<Network>::instance().canonical(Spec::parse("resnet20:channels=1,size=8,classes=4"));
  const auto network = classifier_of(untrained_network(), {{"network", spec}});
  const SourceFiles images = attack_sources("ensemble:attacks=[cw+pgd]", *network);
  for (const char* file :
       {"attacks/ensemble.cpp", "attacks/cw.cpp", "attacks/pgd.cpp", "framework/attack/batch.cpp",
        "framework/attack/adversarial_set.cpp", "framework/model/networks/resnet.cpp", "framework/core/seed.cpp"}) {
    CAPTURE(file);
    CHECK(depends(images, file));
  }
  for (const char* file : {"attacks/bim.cpp", "framework/model/networks/densenet.cpp",
                           "framework/activation/inputs.cpp", "framework/run/run.cpp"}) {
    CAPTURE(file);
    CHECK_FALSE(depends(images, file));
  }
  for (const SourceFiles& files : {images, activation_sources(*network), dataset_sources("gaussian"),
                                   detector_sources("subset-scan"), detector_sources("msp")}) {
    CHECK(depends(files, "framework/model/arithmetic.cpp"));
  }
  CHECK(depends(activation_sources(*network), "framework/activation/activations.cpp"));
  CHECK(depends(activation_sources(*network), "framework/model/networks/resnet.cpp"));
  CHECK_FALSE(depends(activation_sources(*network), "framework/attack/attack.cpp"));
  CHECK(depends(detector_sources("subset-scan"), "framework/scan/subset_scan.cpp"));
  CHECK_FALSE(depends(detector_sources("subset-scan"), "framework/learn/tied_gaussian.cpp"));
  CHECK(depends(detector_sources("mahalanobis"), "framework/learn/tied_gaussian.cpp"));
}

}  // namespace
}  // namespace deepmine
