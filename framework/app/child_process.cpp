#include "framework/app/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"

extern char** environ;

namespace deepmine {
namespace {

/// How the child ended. A signal to this process goes on to it, once: the second would keep nothing.
int status_of(pid_t child) {
  constexpr std::chrono::milliseconds kPause(20);
  int status = 0;
  while (!interrupted()) {
    if (::waitpid(child, &status, WNOHANG) != 0) return status;
    std::this_thread::sleep_for(kPause);
  }
  ::kill(child, SIGTERM);
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace

int run_again(const std::vector<std::string>& words, const std::filesystem::path& printed) {
  std::vector<std::string> all{"deepmine"};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (std::string& word : all) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, printed.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, "/proc/self/exe", &files, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ensure(failed == 0, "expected this program to start once more, found that it cannot; is /proc there?");
  const int status = status_of(child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace deepmine
