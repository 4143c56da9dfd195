#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "framework/core/array.h"

namespace deepmine {

/// A numpy `.npz` archive: named arrays, and named texts (members whose name ends in `.json`).
/// The same content always gives the same bytes (members in order of name, no times), so that the
/// file's checksum identifies the content.
struct Npz {
  std::map<std::string, Array> arrays;
  std::map<std::string, std::string> texts;
};

/// Throws `Error` for a file that is no archive, a damaged member, or a member whose unpacked size
/// exceeds 1 GiB.
Npz read_npz(const std::filesystem::path& path);
void write_npz(const std::filesystem::path& path, const Npz& content);

}  // namespace deepmine
