#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "framework/core/archive.h"
#include "framework/core/array.h"

namespace deepmine {

/// A numpy `.npz` archive: named arrays, and named texts (members whose name ends in `.json`).
/// The same content always gives the same bytes (members in order of name, no times), so that the
/// file's checksum identifies the content.
struct Npz {
  std::map<std::string, Array> arrays;
  std::map<std::string, std::string> texts;
};

/// Throws `Error` for what is no archive, or one that `ArchiveReader` refuses: a damaged member, too many of them,
/// more bytes than the limits allow, a name that is no plain one. A text holds at most 1 MiB.
Npz parse_npz(std::string_view bytes, std::string_view name, const ArchiveLimits& limits = {});
Npz read_npz(const std::filesystem::path& path);

/// The bytes of an archive.
std::string format_npz(const Npz& content);
void write_npz(const std::filesystem::path& path, const Npz& content);

}  // namespace deepmine
