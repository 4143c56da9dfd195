#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "framework/core/file.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {

using Words = std::vector<std::string>;

/// How a program ended and what it printed.
struct Finished {
  int code = -1;  ///< exit code; minus the signal's number when one ended it
  std::string out, err;
  long peak_kilobytes = 0;  ///< most memory it held; no less than what this process held at its start
  double cpu_seconds = 0;   ///< of all its threads
};

/// Where a program's stdout leads.
enum class Stdout { kKept, kClosed, kBrokenPipe, kFull };

/// A program started with `words` (the first is its file), stdin empty. `wait` ends it.
class Process {
 public:
  explicit Process(const Words& words, Stdout out = Stdout::kKept)
      : files_{create("out"), create("err")}, child_(::fork()) {
    if (child_ < 0) throw std::runtime_error("cannot fork");
    if (child_ == 0) execute(words, out);
    for (const int file : files_) ::close(file);
  }
  pid_t id() const { return child_; }
  void send(int signal) const { ::kill(child_, signal); }
  /// Whether it has ended by itself; never waits.
  bool ended() {
    if (!reaped_) reaped_ = ::wait4(child_, &status_, WNOHANG, &usage_) == child_;
    return reaped_;
  }
  /// Waits until `condition()` holds; false when the program ended before. Looks once a millisecond, so that what is
  /// waited for has the core.
  template <typename Condition>
  bool run_until(const Condition& condition) {
    while (!condition()) {
      if (ended()) return false;
      ::poll(nullptr, 0, 1);
    }
    return true;
  }
  Finished wait() {
    if (!reaped_) ::wait4(child_, &status_, 0, &usage_);
    reaped_ = true;
    return {WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_),
            read_file(folder_ / "out"), read_file(folder_ / "err"), usage_.ru_maxrss,
            seconds(usage_.ru_utime) + seconds(usage_.ru_stime)};
  }

 private:
  static double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  }

  [[noreturn]] void execute(const Words& words, Stdout out) const {
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(files_[0], STDOUT_FILENO);
    ::dup2(files_[1], STDERR_FILENO);
    if (out == Stdout::kFull) ::dup2(::open("/dev/full", O_WRONLY), STDOUT_FILENO);
    if (out == Stdout::kClosed) ::close(STDOUT_FILENO);
    if (out == Stdout::kBrokenPipe) break_stdout();
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }

  static void break_stdout() {
    int ends[2];
    if (::pipe(ends) != 0) ::_exit(126);
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
  }

  int create(const char* name) const {
    return ::open((folder_ / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  }

  TemporaryFolder folder_;
  int files_[2];  // made here: a child that is killed at once has made nothing
  pid_t child_;
  int status_ = 0;
  struct rusage usage_ {};
  bool reaped_ = false;
};

/// Runs several programs, as many at a time as there are cores; results in the order given.
inline std::vector<Finished> run_all(const std::vector<Words>& programs) {
  const std::size_t at_once = std::max(1U, std::thread::hardware_concurrency());
  std::vector<Finished> results;
  for (std::size_t begin = 0; begin < programs.size(); begin += at_once) {
    const std::size_t end = std::min(programs.size(), begin + at_once);
    std::vector<std::unique_ptr<Process>> running;
    for (std::size_t i = begin; i < end; ++i) {
      running.push_back(std::make_unique<Process>(programs[i]));
    }
    for (const auto& process : running) results.push_back(process->wait());
  }
  return results;
}

}  // namespace deepmine
