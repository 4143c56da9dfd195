#include "framework/run/spec_options.h"

#include <catch2/catch.hpp>

namespace deepmine {
namespace {

/// "key=value" of each, a blank between them.
std::string options_of(const std::string& text) {
  std::string result;
  for (const auto& [key, value] : spec_options(text)) result += (result.empty() ? "" : " ") + key + "=" + value;
  return result;
}

TEST_CASE("a list of specs has its options by number, though some have none") {
  CHECK(options_of("gaussian+uniform:n=5") == "0.name=gaussian 1.name=uniform 1.n=5");
  CHECK(options_of("gaussian:n=5+uniform") == "0.name=gaussian 0.n=5 1.name=uniform");
  CHECK(options_of("gaussian:n=5,shape=3x32x32+svhn+isun") ==
        "0.name=gaussian 0.n=5 0.shape=3x32x32 1.name=svhn 2.name=isun");
  CHECK(options_of("msp;odin:temperature=10") == "0.name=msp 1.name=odin 1.temperature=10");
  CHECK(options_of("forest:layers=a+b;msp") == "0.name=forest 0.layers=a+b 1.name=msp");
  CHECK(options_of("ensemble:attacks=[fgsm+bim]+cw") ==
        "0.name=ensemble 0.attacks=[fgsm+bim] 1.name=cw");
  CHECK(options_of("[msp+odin:epsilon=1e+2]") == "0.name=msp 1.name=odin 1.epsilon=1e+2");
}

TEST_CASE("a + within a value makes no list") {
  CHECK(options_of("forest:layers=conv1+conv2") == "name=forest layers=conv1+conv2");
  CHECK(options_of("forest:layers=conv1+conv2,trees=10") == "name=forest layers=conv1+conv2 trees=10");
  CHECK(options_of("resnet:weights=/a+b/c.npz") == "name=resnet weights=/a+b/c.npz");
  CHECK(options_of("bim:epsilon=1e+2") == "name=bim epsilon=1e+2");
  CHECK(options_of("a text; with = in it").empty());
}

}  // namespace
}  // namespace deepmine
