#pragma once

#include <poll.h>
#include <sys/syscall.h>
#include <time.h>

#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "tests/end_to_end/program.h"

namespace deepmine {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// A program, and after which CPU time of its own it is killed.
struct Victim {
  Words words;
  double moment = kNever;
};

struct Death {
  Finished finished;
  double cpu_seconds = 0;  ///< when it was last seen alive
};

/// CPU time is what a program's progress goes by, however busy the machine is.
inline std::optional<double> cpu_seconds(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return std::nullopt;
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Runs all victims at once until each has ended or was killed with SIGKILL at its moment.
inline std::vector<Death> kill_at_moments(const std::vector<Victim>& victims) {
  std::vector<std::unique_ptr<Process>> running;
  for (const Victim& victim : victims) running.push_back(std::make_unique<Process>(victim.words));
  std::vector<Death> deaths(victims.size());
  std::vector<bool> over(victims.size());
  while (std::count(over.begin(), over.end(), false) > 0) {
    for (std::size_t i = 0; i < victims.size(); ++i) {
      if (over[i]) continue;
      deaths[i].cpu_seconds = cpu_seconds(running[i]->id()).value_or(deaths[i].cpu_seconds);
      if (deaths[i].cpu_seconds >= victims[i].moment) running[i]->send(SIGKILL);
      over[i] = deaths[i].cpu_seconds >= victims[i].moment || running[i]->ended();
    }
    ::poll(nullptr, 0, 1);  // gives the core to the programs
  }
  for (std::size_t i = 0; i < victims.size(); ++i) deaths[i].finished = running[i]->wait();
  return deaths;
}

}  // namespace deepmine
