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

/// An archive whose arrays and texts are unpacked one by one, for who knows what belongs in it and how large that is.
class NpzReader {
 public:
  /// An archive in memory, which must outlive the reader. `name` is for messages. Throws `Error` for what is no
  /// archive, one that `ArchiveReader` refuses, and members that are neither array nor text.
  NpzReader(std::string_view bytes, std::string name, const ArchiveLimits& limits);
  /// An archive in a file, which is not held in memory and whose arrays have no limit but that given for each, and
  /// memory.
  NpzReader(const std::filesystem::path& path, std::string name);

  const std::string& name() const { return name_; }
  /// The members by name, without .npy and .json.
  const std::map<std::string, std::size_t>& arrays() const { return arrays_; }
  const std::map<std::string, std::size_t>& texts() const { return texts_; }
  /// Those of a name that is there. Throw `Error` naming the member when it is damaged, when an array's member is
  /// longer than `limit` bytes, or a text's than 1 MiB.
  Array array(const std::string& name, std::size_t limit = std::string::npos);
  std::string text(const std::string& name);

 private:
  void sort_members();

  std::string name_;
  ArchiveReader archive_;
  std::map<std::string, std::size_t> arrays_, texts_;
};

/// Throws `Error` for what is no archive, or one that `ArchiveReader` refuses: a damaged member, too many of them,
/// more bytes than the limits allow, a name that is no plain one. A text holds at most 1 MiB.
Npz parse_npz(std::string_view bytes, std::string_view name, const ArchiveLimits& limits = {});
Npz read_npz(const std::filesystem::path& path);

/// The bytes of an archive.
std::string format_npz(const Npz& content);
void write_npz(const std::filesystem::path& path, const Npz& content);

}  // namespace deepmine
