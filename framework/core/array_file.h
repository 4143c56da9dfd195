#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include "framework/core/array.h"
#include "framework/core/file.h"
#include "framework/core/npy.h"

namespace deepmine {

/// What names an array: its file, or an archive and the array's name in it.
struct ArrayName {
  std::filesystem::path file;
  std::string member;  ///< empty for the whole file

  /// "FILE.npz:NAME" is two names unless a file is called so, and "/dev/stdin:NAME" for an archive from a pipe.
  static ArrayName of(const std::filesystem::path& path);
};

/// An `.npy` file whose values lie row by row and are not read yet.
struct NpyFile {
  InputFile file;
  NpyHeader header;
};

/// What `read_array` would read: the array, or a file of which parts can be read. Throws `Error` like that.
std::variant<Array, NpyFile> open_array(const std::filesystem::path& path, const CsvLayout& csv);

/// Whether a file's name says that it is text, in upper or lower case.
bool is_csv_name(const std::filesystem::path& path);

}  // namespace deepmine
