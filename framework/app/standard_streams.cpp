#include "framework/app/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>

#include "framework/core/write_problem.h"

namespace deepmine {
namespace {

int first_error = 0;  ///< of those that kept results from stdout
std::FILE* kept_stdout = nullptr;

/// Nobody closes it: it lives as long as the process.
void keep_results_apart() {
  const int kept = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (kept >= 0) kept_stdout = ::fdopen(kept, "w");
  if (kept_stdout == nullptr) return;  // closed, or no room for a file more: as it was
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // lines in the order in which they are printed
}

}  // namespace

void set_up_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    // The lowest free number is this one. For reading only: results that get lost are an error.
    const int opened = ::open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    if (opened >= 0 && opened != stream) ::close(opened);
  }
  keep_results_apart();
}

std::FILE* results() { return kept_stdout != nullptr ? kept_stdout : stdout; }

void hand_over_stdout() {
  std::fflush(nullptr);
  if (kept_stdout != nullptr) ::dup2(::fileno(kept_stdout), STDOUT_FILENO);
}

void log_line(std::string_view line) {
  const std::string text = std::string(line) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void note_results_error(int error) {
  if (first_error == 0) first_error = error;
}

void flush_results() {
  if (std::fflush(results()) != 0) note_results_error(errno);
}

std::string results_problem() {
  flush_results();
  if (std::ferror(results()) == 0 && first_error == 0) return {};
  return "cannot write to standard output: " + write_problem(first_error == 0 ? EIO : first_error);
}

}  // namespace deepmine
