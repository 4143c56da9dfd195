// How the program starts: with empty libraries in place of those that libtorch names and does not use, see
// cmake/spare.cmake.
#include "tests/end_to_end/program.h"

namespace deepmine {
namespace {

TEST_CASE("the program misses nothing of the libraries that it spares") {
  // Every symbol is looked up as it starts, not when it is first called.
  Words words = deepmine_words({"--version"});
  words.insert(words.begin(), {"/usr/bin/env", "LD_BIND_NOW=1"});
  const Finished bound = Process(words).wait();
  INFO(bound.err);
  CHECK(bound.code == 0);
  words[1] = "LD_TRACE_LOADED_OBJECTS=1";
  const Finished traced = Process(words, Stdout::kKept).wait();
  CHECK(traced.out.find("libtorch_cpu") != std::string::npos);
  CHECK(traced.out.find("libgdal") == std::string::npos);  // which OpenCV brings
}

}  // namespace
}  // namespace deepmine
