#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace deepmine {

/// Makes stdin, stdout and stderr safe to use: what the caller closed leads nowhere, so that no file of ours takes its
/// place, and a reader that went away, or a file that may not grow, is an error code, no signal. From here on only
/// `results()` leads to the caller's stdout: whatever anybody else prints, a user's model or a library, goes to stderr.
void set_up_streams();

/// Where results are printed.
std::FILE* results();

/// Gives the caller's stdout back to the process, which is about to start another program in its place.
void hand_over_stdout();

/// One line to stderr. Nothing is lost but the line when nobody reads it.
void log_line(std::string_view line);

/// Prints what has been kept back so far, before other work whose own lines are to come after it.
void flush_results();
/// Keeps the system's error number of a write to `results()` that failed. The first one counts.
void note_results_error(int error);
/// Prints what is left to print. What kept results from reaching the caller's stdout, and the cure; empty when all did.
std::string results_problem();

}  // namespace deepmine
