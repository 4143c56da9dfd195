#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/array.h"
#include "framework/core/file.h"

namespace deepmine {

/// The types of numbers that are read. Arrays in memory have one of four: see `NpyHeader::array_value_size`.
enum class NumberType {
  kFloat16,
  kFloat32,
  kFloat64,
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64
};

/// What an `.npy` file says of its values.
struct NpyHeader {
  std::vector<std::size_t> shape;
  NumberType type;
  bool big_endian;
  bool fortran_order;  ///< the first axis runs fastest; never for fewer than two axes
  std::size_t count;   ///< of values
  std::size_t start;   ///< where they begin, in bytes

  /// Bytes of a value in the file.
  std::size_t value_size() const;
  /// Bytes of a value in an `Array`, which holds every number as it is: float16 as float32, bool as uint8, other whole
  /// numbers as int64.
  std::size_t array_value_size() const;
  /// Whether float32 holds every value.
  bool fits_float32() const { return type == NumberType::kFloat32 || type == NumberType::kFloat16; }
};

/// The first bytes of a file that hold its header.
constexpr std::size_t kMaxNpyHeader = std::size_t{1} << 20;

/// Reads the header at the start of a file of `file_size` bytes; `prefix` is its first
/// `kMaxNpyHeader` bytes, or all of it. `name` is for messages. Throws `Error`, also when the file is
/// longer or shorter than the header says.
NpyHeader parse_npy_header(std::string_view prefix, std::size_t file_size, std::string_view name);

/// The header of a file, of which no more is read.
NpyHeader read_npy_header(const InputFile& file);
/// Its array. Throws `Error` also when the memory does not hold it, and for a uint64 that no int64 is.
Array read_npy(const InputFile& file);

/// Values as they lie in a file, `count` of them from `bytes` on, as `T`, which is float where `fits_float32()`,
/// double, or a type of an array's. Throws `Error` naming `name` for a whole number that `T` does not hold.
template <typename T>
void decode(const NpyHeader& header, const char* bytes, std::size_t count, T* to, std::string_view name);

/// The two parts of an `.npy` file, version 1.0: what stands before the values, and their bytes.
std::string npy_header(const Array& array);
std::string_view value_bytes(const Array& array);

}  // namespace deepmine
