#include "framework/core/filter.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "tests/support/error_text.h"

namespace deepmine {
namespace {

TEST_CASE("a program gets its input and gives what it makes of it, however long both are") {
  const std::string input(3'000'000, 'x');
  const Filtered same = run_filter({"cat"}, input);
  CHECK(same.code == 0);
  CHECK(same.out == input);
  const Filtered both = run_filter({"sh", "-c", "wc -c; echo wrong >&2; exit 3"}, input);
  CHECK((both.code == 3 && both.out == "3000000\n" && both.err == "wrong\n"));
}

TEST_CASE("a program that reads nothing ends, and one that is killed is told from it") {
  CHECK(run_filter({"true"}, std::string(3'000'000, 'x')).code == 0);
  CHECK(run_filter({"sh", "-c", "kill -9 $$"}, "").code == 128 + SIGKILL);
  CHECK(error_text([] { run_filter({"no-such-program"}, ""); }).find("cannot start no-such-program") == 0);
}

TEST_CASE("a program does with signals what it always does") {
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  CHECK(run_filter({"sh", "-c", "kill -XFSZ $$"}, "").code == 128 + SIGXFSZ);
  std::signal(SIGXFSZ, before);
}

}  // namespace
}  // namespace deepmine
