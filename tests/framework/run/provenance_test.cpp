#include "framework/run/provenance.h"

#include <catch2/catch.hpp>

namespace deepmine {
namespace {

TEST_CASE("provenance names sources, compiler, flags, libraries and machine") {
  const Provenance from = provenance({{"libtorch", "1.13.1"}});
  CHECK(from.code_version.size() == 64);
  CHECK(from.code_version == code_version());
  CHECK(from.commit.has_value() == from.dirty.has_value());
  CHECK((from.diff.empty() || from.dirty == true));
  CHECK_FALSE(from.compiler.empty());
  CHECK_THAT(from.flags, Catch::Contains("-ffp-contract=off"));
  CHECK(from.libraries.at("libtorch") == "1.13.1");
  CHECK(from.libraries.count("sqlite") == 1);
  CHECK_THAT(from.os, Catch::Contains("Linux"));
  CHECK_FALSE(from.cpu.empty());
}

TEST_CASE("the processor's name is read from cpuinfo") {
  CHECK(cpu_model("processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\nmodel name\t: x\n") ==
        "Some CPU @ 2.00GHz");
  CHECK(cpu_model("model name :") == "unknown");
  CHECK(cpu_model("") == "unknown");
}

}  // namespace
}  // namespace deepmine
