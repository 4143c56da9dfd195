#include "framework/core/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <ctime>

namespace deepmine {
namespace {

constexpr int kInterruptedStatus = 130;
constexpr int kSignals[] = {SIGINT, SIGTERM, SIGUSR1};

volatile std::sig_atomic_t signal_came = 0;

struct timespec first_came;

/// A batch system may send the same warning twice, to a script, which passes it on, and to all its processes.
bool is_echo(int signal) {
  constexpr long kEchoSeconds = 2;
  struct timespec now {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return signal != SIGINT && now.tv_sec - first_came.tv_sec < kEchoSeconds;
}

void on_signal(int signal) {
  if (signal_came == 0) {
    clock_gettime(CLOCK_MONOTONIC, &first_came);
    signal_came = 1;
  } else if (!is_echo(signal)) {
    _exit(kInterruptedStatus);
  }
}

void change_mask(int how) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : kSignals) sigaddset(&signals, signal);
  sigprocmask(how, &signals, nullptr);
}

}  // namespace

void install_interrupt_handlers() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;  // a read or a lock in progress goes on
  for (const int signal : kSignals) sigaction(signal, &action, nullptr);
  change_mask(SIG_UNBLOCK);
}

void hold_interrupts() { change_mask(SIG_BLOCK); }

bool interrupted() { return signal_came != 0; }

void forget_interrupt() { signal_came = 0; }

void throw_if_interrupted() {
  if (interrupted()) throw Interrupted();
}

}  // namespace deepmine
