#include "framework/core/interrupt.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

namespace deepmine {
namespace {

/// The exit status of `action` in a process of its own, so that the handlers stay there.
template <typename Action>
int status_of(Action action) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(action());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST_CASE("the first signal only raises a flag, which throws where the work looks") {
  const int signal = GENERATE(SIGINT, SIGTERM, SIGUSR1);
  CHECK(status_of([&] {
          install_interrupt_handlers();
          throw_if_interrupted();
          if (interrupted()) return 1;
          ::raise(signal);
          if (!interrupted()) return 2;
          try {
            throw_if_interrupted();
          } catch (const Interrupted&) {
            forget_interrupt();
            return interrupted() ? 3 : 0;
          }
          return 4;
        }) == 0);
}

TEST_CASE("the second signal ends the process at once with status 130") {
  CHECK(status_of([] {
          install_interrupt_handlers();
          ::raise(SIGINT);
          ::raise(SIGINT);
          return 0;
        }) == 130);
}

TEST_CASE("a warning that comes twice, as batch systems send it, leaves time to keep what is finished") {
  CHECK(status_of([] {
          install_interrupt_handlers();
          ::raise(SIGTERM);
          ::raise(SIGTERM);
          ::raise(SIGUSR1);
          return interrupted() ? 42 : 0;
        }) == 42);
}

TEST_CASE("held signals wait for the handlers") {
  CHECK(status_of([] {
          hold_interrupts();
          ::raise(SIGTERM);  // would end the process
          if (interrupted()) return 1;
          install_interrupt_handlers();
          return interrupted() ? 0 : 2;
        }) == 0);
}

}  // namespace
}  // namespace deepmine
