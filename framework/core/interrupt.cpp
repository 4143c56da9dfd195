#include "framework/core/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace deepmine {
namespace {

constexpr int kInterruptedStatus = 130;

volatile std::sig_atomic_t signal_came = 0;

void on_signal(int) {
  if (signal_came != 0) _exit(kInterruptedStatus);
  signal_came = 1;
}

}  // namespace

void install_interrupt_handlers() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;  // a read or a lock in progress goes on
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaction(signal, &action, nullptr);
}

bool interrupted() { return signal_came != 0; }

void forget_interrupt() { signal_came = 0; }

void throw_if_interrupted() {
  if (interrupted()) throw Interrupted();
}

}  // namespace deepmine
