#include "framework/core/interrupt.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <memory>
#include <thread>

#include "framework/core/file.h"
#include "framework/core/kept_array.h"
#include "tests/support/temporary_folder.h"

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

/// Whether `action` is given up with `Interrupted`.
template <typename Action>
bool stops(Action action) {
  try {
    action();
  } catch (const Interrupted&) {
    return true;
  }
  return false;
}

TEST_CASE("files are not read or hashed on after an interrupt, and written all the same") {
  const TemporaryFolder folder;
  const auto file = folder / "a";
  write_file(file, "content");
  CHECK(status_of([&] {
          install_interrupt_handlers();
          const InputFile opened(file);
          char start[4];
          if (stops([&] { opened.read(0, start, 4); })) return 1;
          ::raise(SIGTERM);
          if (!stops([&] { opened.read(0, start, 4); })) return 2;
          if (!stops([&] { read_file(file); }) || !stops([&] { sha256_of_file(file); })) return 3;
          if (stops([&] { write_file(file, "other"); })) return 4;
          return stops([&] { sha256_of_written(file); }) ? 5 : 0;
        }) == 0);
  CHECK(read_file(file) == "other");
  CHECK(sha256_of_written(file) == sha256_of_file(file));
}

TEST_CASE("a large file that is read in one go is given up soon after an interrupt") {
  const TemporaryFolder folder;
  constexpr std::size_t kSize = std::size_t{1} << 29;
  write_file(folder / "sparse", "");
  std::filesystem::resize_file(folder / "sparse", kSize);
  CHECK(status_of([&] {
          install_interrupt_handlers();
          const InputFile file(folder / "sparse");
          const std::unique_ptr<char[]> content(new char[kSize]);  // takes memory only as far as it is read into
          const pid_t self = ::getpid();
          std::thread signal([self] {
            ::usleep(10'000);
            ::kill(self, SIGTERM);
          });
          const bool stopped = stops([&] { file.read(0, content.get(), kSize); });
          signal.join();
          return stopped ? 0 : 1;
        }) == 0);
}

TEST_CASE("an array made when the interrupt comes is kept with its checksum") {
  const TemporaryFolder folder;
  const KeptArray kept(folder.path(), "key");
  CHECK(status_of([&] {
          install_interrupt_handlers();
          return stops([&] {
            kept.read_or_make([] {
              ::raise(SIGTERM);
              return Array{{3}, std::vector<float>{1, 2, 3}};
            });
          }) ? 1 : 0;
        }) == 0);
  CHECK(kept.read().has_value());
}

}  // namespace
}  // namespace deepmine
