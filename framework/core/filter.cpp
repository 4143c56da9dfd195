#include "framework/core/filter.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "framework/core/descriptor.h"
#include "framework/core/error.h"
#include "framework/core/interrupt.h"

extern char** environ;

namespace deepmine {
namespace {

/// Two ends that are connected: a socket, since writing to one need not raise a signal when the reader is gone.
class Connection {
 public:
  Connection() : Connection(made()) {}

  Descriptor& ours() { return ours_; }
  Descriptor& theirs() { return theirs_; }

 private:
  using Ends = std::array<int, 2>;

  explicit Connection(const Ends& ends) : ours_(ends[0]), theirs_(ends[1]) {}

  static Ends made() {
    Ends ends{-1, -1};
    ensure(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0,
           "cannot start another program: {}; close some of the files that are open", std::strerror(errno));
    return ends;
  }

  Descriptor ours_, theirs_;
};

/// The signals that the program ignores, which a child would ignore, too, and those that wait.
class DefaultSignals {
 public:
  DefaultSignals() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t changed, none;
    ::sigemptyset(&changed);
    ::sigemptyset(&none);
    for (const int signal : {SIGPIPE, SIGXFSZ}) ::sigaddset(&changed, signal);
    ::posix_spawnattr_setsigdefault(&attributes_, &changed);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  DefaultSignals(const DefaultSignals&) = delete;
  DefaultSignals& operator=(const DefaultSignals&) = delete;
  ~DefaultSignals() { ::posix_spawnattr_destroy(&attributes_); }

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

pid_t start(const std::vector<std::string>& words, int in, int out, int err) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
  const DefaultSignals signals;
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, arguments[0], &files, signals.get(), arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ensure(failed == 0, "cannot start {}: {}; is it installed?", words[0], std::strerror(failed));
  return child;
}

/// Writes some of the input; closes the connection when all is written, or nobody reads.
void feed(std::string_view& input, Descriptor& to) {
  const ssize_t count = input.empty() ? -1 : ::send(to.get(), input.data(), input.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count >= 0) input.remove_prefix(static_cast<std::size_t>(count));
  const bool again = count < 0 && !input.empty() && (errno == EINTR || errno == EAGAIN);
  if (input.empty() || (count < 0 && !again)) ::close(to.release());
}

/// Appends what is there; closes the connection at its end.
void take(Descriptor& from, std::string& text) {
  std::array<char, 65536> piece{};
  const ssize_t count = ::read(from.get(), piece.data(), piece.size());
  if (count > 0) text.append(piece.data(), static_cast<std::size_t>(count));
  if (count == 0 || (count < 0 && errno != EINTR)) ::close(from.release());
}

int code_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Filtered run_filter(const std::vector<std::string>& words, std::string_view input) {
  Connection in, out, err;
  const pid_t child = start(words, in.theirs().get(), out.theirs().get(), err.theirs().get());
  for (Connection* connection : {&in, &out, &err}) ::close(connection->theirs().release());
  Filtered result;
  while (out.ours().open() || err.ours().open()) {
    // What is closed is -1, which poll leaves out.
    std::array<pollfd, 3> ready{pollfd{in.ours().get(), POLLOUT, 0}, pollfd{out.ours().get(), POLLIN, 0},
                                pollfd{err.ours().get(), POLLIN, 0}};
    ::poll(ready.data(), ready.size(), -1);
    if (interrupted()) ::kill(child, SIGTERM);
    if (ready[0].revents != 0) feed(input, in.ours());
    if (ready[1].revents != 0) take(out.ours(), result.out);
    if (ready[2].revents != 0) take(err.ours(), result.err);
  }
  result.code = code_of(child);
  throw_if_interrupted();
  return result;
}

}  // namespace deepmine
