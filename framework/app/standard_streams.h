#pragma once

#include <string>
#include <string_view>

namespace deepmine {

/// Makes stdin, stdout and stderr safe to use: what the caller closed leads to /dev/null, so that
/// no file of ours takes its place, and a reader that went away, or a file that may not grow, is an error code, no
/// signal.
void set_up_streams();

/// One line to stderr. Nothing is lost but the line when nobody reads it.
void log_line(std::string_view line);

/// Prints what has been kept back so far, before other work whose own lines are to come after it.
void flush_results();
/// Keeps the system's error number of a write to stdout that failed. The first one counts.
void note_results_error(int error);
/// Prints what is left to print. What kept results from reaching stdout, and the cure; empty when all did.
std::string results_problem();

}  // namespace deepmine
