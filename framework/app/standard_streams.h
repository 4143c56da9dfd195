#pragma once

#include <string_view>

namespace deepmine {

/// Makes stdin, stdout and stderr safe to use: what the caller closed leads to /dev/null, so that
/// no file of ours takes its place, and a reader that went away is an error code, no signal.
void set_up_streams();

/// One line to stderr. Nothing is lost but the line when nobody reads it.
void log_line(std::string_view line);

/// Whether everything printed so far reached stdout.
bool flush_results();

}  // namespace deepmine
