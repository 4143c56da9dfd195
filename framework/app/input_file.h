#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "framework/app/command.h"
#include "framework/core/array.h"

namespace deepmine {

/// `--skip-header` and `--index-column`, of every command that reads `.csv` files.
void add_csv_options(CommandLine& line);
/// What they say.
CsvLayout csv_of(const CommandLine& line);

/// `count` whole numbers from a file of one axis (a CSV row or column too, of which names are left out as `csv` says
/// and there are). Throws `Error`; `what` says what it should hold, "labels, one per image".
std::vector<std::int64_t> read_whole_numbers(const std::filesystem::path& file, std::size_t count,
                                             std::string_view what, const CsvLayout& csv);

/// Throws `Error` before any work is done when `out` cannot be written: a missing folder, a folder
/// itself, a name that does not end in one of `extensions`, or one of the files that are read.
void check_output(std::string_view option, const std::filesystem::path& out,
                  const std::vector<std::string_view>& extensions, const std::vector<std::filesystem::path>& inputs);

}  // namespace deepmine
