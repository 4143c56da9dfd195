#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/array.h"
#include "framework/core/file.h"

namespace deepmine {

enum class NumberType { kFloat32, kFloat64, kUint8, kInt64 };

/// What an `.npy` file says of its values.
struct NpyHeader {
  std::vector<std::size_t> shape;
  NumberType type;
  std::size_t count;  ///< of values
  std::size_t start;  ///< where they begin, in bytes

  std::size_t value_size() const;
};

/// The first bytes of a file that hold its header.
constexpr std::size_t kMaxNpyHeader = std::size_t{1} << 20;

/// Reads the header at the start of a file of `file_size` bytes; `prefix` is its first
/// `kMaxNpyHeader` bytes, or all of it. `name` is for messages. Throws `Error`, also when the file is
/// longer or shorter than the header says.
NpyHeader parse_npy_header(std::string_view prefix, std::size_t file_size, std::string_view name);

/// The header of a file, of which no more is read.
NpyHeader read_npy_header(const InputFile& file);
/// Its array. Throws `Error` also when the memory does not hold it.
Array read_npy(const InputFile& file);

/// The two parts of an `.npy` file, version 1.0: what stands before the values, and their bytes.
std::string npy_header(const Array& array);
std::string_view value_bytes(const Array& array);

}  // namespace deepmine
