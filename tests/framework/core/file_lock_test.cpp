#include "framework/core/file_lock.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <memory>

#include "framework/core/file.h"
#include "framework/core/interrupt.h"
#include "framework/core/kept_array.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

/// A process that says "x" once it holds the lock, and then waits to be killed.
class Holder {
 public:
  explicit Holder(const fs::path& lock) {
    REQUIRE(::pipe(ends_) == 0);
    child_ = ::fork();
    if (child_ == 0) {
      const FileLock held(lock);
      if (::write(ends_[1], "x", 1) == 1) ::pause();
      ::_exit(0);
    }
  }
  void await() const {
    char said = 0;
    REQUIRE(::read(ends_[0], &said, 1) == 1);
  }
  pid_t id() const { return child_; }
  void kill() const {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  ~Holder() {
    for (const int end : ends_) ::close(end);
  }

 private:
  int ends_[2] = {-1, -1};
  pid_t child_ = 0;
};

TEST_CASE("a lock is held by one process, and free again when that is killed") {
  const TemporaryFolder folder;
  const Holder first(folder / "a.lock");
  first.await();
  const Holder second(folder / "a.lock");
  first.kill();
  second.await();  // would wait for ever if the lock had stayed with the dead
  second.kill();
  { const FileLock mine(folder / "a.lock"); }
  CHECK_FALSE(fs::exists(folder / "a.lock"));
}

TEST_CASE("who does not wait is told who holds a lock") {
  const TemporaryFolder folder;
  const fs::path file = folder / "a.lock";
  const Holder holder(file);
  holder.await();
  CHECK(FileLock::at_once(file) == nullptr);
  CHECK(FileLock::holder(file).rfind("pid " + std::to_string(holder.id()) + " on ", 0) == 0);
  holder.kill();
  CHECK(fs::exists(file));
  CHECK(FileLock::at_once(file) != nullptr);
  CHECK_FALSE(fs::exists(file));
  CHECK(FileLock::holder(file).empty());
  write_file(file, "pid \x1b[2J on x\n");
  CHECK(FileLock::holder(file).empty());
}

TEST_CASE("where no file can be made there is nothing to hold") {
  const TemporaryFolder folder;
  CHECK(FileLock::at_once(folder / "none" / "a.lock") != nullptr);
  write_file(folder / "mine", "mine");
  fs::create_symlink("mine", folder / "a.lock");
  CHECK(FileLock::at_once(folder / "a.lock") != nullptr);
  CHECK(read_file(folder / "mine") == "mine");
}

TEST_CASE("waiting for a lock ends with a signal") {
  const TemporaryFolder folder;
  const Holder holder(folder / "a.lock");
  holder.await();
  const pid_t waiting = ::fork();
  if (waiting == 0) {
    install_interrupt_handlers();
    ::raise(SIGTERM);
    try {
      const FileLock never(folder / "a.lock");
    } catch (const Interrupted&) {
      ::_exit(42);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(waiting, &status, 0) == waiting);
  CHECK(WEXITSTATUS(status) == 42);
  holder.kill();
}

TEST_CASE("an array that many processes want is made by one of them") {
  const TemporaryFolder folder;
  constexpr int kProcesses = 12;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    const KeptArray kept(folder.path(), "key");
    const Array array = kept.read_or_make([&] {
      for (int j = 0; j < 20; ++j)
        write_file(folder / ("made-by-" + std::to_string(i)), "");  // long enough for all to begin
      return Array{{2}, std::vector<float>{1, 2}};
    });
    ::_exit(array.shape == std::vector<std::size_t>{2} && std::get<std::vector<float>>(array.values)[1] == 2 ? 0 : 1);
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  int makers = 0;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    makers += entry.path().filename().string().rfind("made-by-", 0) == 0 ? 1 : 0;
  }
  CHECK(makers == 1);
}

TEST_CASE("a kept array that is damaged, cut off or without its checksum is made again") {
  const TemporaryFolder folder;
  const KeptArray kept(folder.path(), "key");
  int made = 0;
  const auto array = [&] {
    ++made;
    return Array{{3}, std::vector<float>{1, 2, 3}};
  };
  kept.read_or_make(array);
  kept.read_or_make(array);
  CHECK(made == 1);
  const std::string whole = read_file(kept.path());
  std::string flipped = whole;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  for (const std::string& damaged : {flipped, whole.substr(0, whole.size() - 1), std::string()}) {
    write_file(kept.path(), damaged);
    CHECK_FALSE(kept.read().has_value());
    kept.read_or_make(array);
    CHECK(read_file(kept.path()) == whole);
  }
  CHECK(made == 4);
  fs::remove(folder / "key.sha256");
  kept.read_or_make(array);
  CHECK(made == 5);
}

}  // namespace
}  // namespace deepmine
