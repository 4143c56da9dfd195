#pragma once

#include <exception>

namespace deepmine {

/// Thrown between two pieces of work after Ctrl-C or SIGTERM, so that what is finished is kept. It
/// is no `Error`: nothing is wrong, and the command line turns it into exit code 130.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

/// From now on the first SIGINT, SIGTERM or SIGUSR1 (batch systems' warning) only raises a flag;
/// the second ends the process at once with status 130, unless it is a SIGTERM or SIGUSR1 within two seconds, which
/// batch systems send twice. Called by the program, never by a layer.
void install_interrupt_handlers();

/// Signals from now on wait for `install_interrupt_handlers()`, also that of a program that this process
/// becomes: the default would end it with another status.
void hold_interrupts();

/// Whether a signal has come since the start, or since `forget_interrupt()`.
bool interrupted();
void forget_interrupt();

/// Throws `Interrupted` when a signal has come. Long loops call it once per piece of work.
void throw_if_interrupted();

}  // namespace deepmine
