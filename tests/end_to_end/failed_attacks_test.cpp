// What detectors in a benchmark are told of the attacks that they learn from.
#include "tests/end_to_end/bright_halves.h"

namespace deepmine {
namespace {

TEST_CASE("a detector that learns from attacks is told which of them failed") {
  const BrightHalves images("uniform-svdd", {"ood=uniform:n=5,shape=1x8x8", "attacks=", "attacked=0", "fooling=",
                                             "learn=48", "detector=relevant-neurons:layers=input,set=shared,trees=5"});
  check_refusals({{images.run("s.sqlite", {"learn-attack=fgsm:epsilon=0.000001"}),
                   "expected adversarial inputs that deceive the model, found none of 48"}});
}

}  // namespace
}  // namespace deepmine
