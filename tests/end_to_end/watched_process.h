#pragma once

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "framework/core/seed.h"
#include "tests/end_to_end/program.h"

namespace deepmine {

/// Even draws in [0, 1), float32 of that shape, in a file.
inline std::string write_random(const std::filesystem::path& file, std::vector<std::size_t> shape) {
  RandomStream random(Seed(6));
  std::vector<float> values(Array{shape, {}}.size());
  for (float& value : values) value = static_cast<float>(random.uniform());
  return write_values<float>(file, std::move(shape), std::move(values));
}

/// Seconds of processor time in a `stat` file below /proc; 0 where the task is gone.
inline double cpu_seconds(const std::filesystem::path& stat) {
  std::ifstream file(stat);
  std::string text;
  std::getline(file, text);  // of a task that goes meanwhile it reads nothing; an iterator would throw
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 3; i <= 13; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

inline double cpu_seconds(const Process& process) {
  return cpu_seconds("/proc/" + std::to_string(process.id()) + "/stat");
}

/// Waits until the process has worked so many seconds, whatever else the machine does; false when it ended before.
inline bool worked(Process& process, double seconds) {
  return process.run_until([&] { return cpu_seconds(process) >= seconds; });
}

/// The threads that were seen while a process ran.
struct SeenThreads {
  std::map<std::string, double> seconds;  ///< of processor time, of each
  std::size_t at_once = 0;
};

/// The process is told to end after so many seconds of work.
inline SeenThreads threads_of(Process& process, double enough) {
  SeenThreads result;
  bool told = false;
  const std::filesystem::path tasks = "/proc/" + std::to_string(process.id()) + "/task";
  process.run_until([&] {
    std::error_code gone;
    std::size_t alive = 0;
    for (std::filesystem::directory_iterator task(tasks, gone), end; !gone && task != end; task.increment(gone)) {
      double& seconds = result.seconds[task->path().filename().string()];
      seconds = std::max(seconds, cpu_seconds(task->path() / "stat"));
      ++alive;
    }
    result.at_once = std::max(result.at_once, alive);
    if (!told && cpu_seconds(process) >= enough) {
      process.send(SIGTERM);
      told = true;
    }
    return false;
  });
  return result;
}

}  // namespace deepmine
