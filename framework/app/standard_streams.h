#pragma once

#include <cstdio>
#include <string_view>

namespace deepmine {

/// Makes stdin, stdout and stderr safe to use: what the caller closed leads nowhere, so that no file of ours takes its
/// place, and a reader that went away is an error code, no signal. From here on only `results()` leads to the
/// caller's stdout: whatever anybody else prints, a user's model or a library, goes to stderr.
void set_up_streams();

/// Where results are printed.
std::FILE* results();

/// Gives the caller's stdout back to the process, which is about to start another program in its place.
void hand_over_stdout();

/// One line to stderr. Nothing is lost but the line when nobody reads it.
void log_line(std::string_view line);

/// Whether everything printed so far reached the caller's stdout.
bool flush_results();

}  // namespace deepmine
