#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// A dense array in C order, of one of the four element types our files know.
struct Array {
  using Values = std::variant<std::vector<float>, std::vector<double>, std::vector<std::uint8_t>,
                              std::vector<std::int64_t>>;
  std::vector<std::size_t> shape;
  Values values;

  /// The number of entries the shape promises.
  std::size_t size() const;
  /// "[500, 4096] float32", for messages.
  std::string description() const;
};

/// Values converted to `T`, rounded to the nearest where `T` is a floating point type. Throws where a
/// value does not survive: a fraction, NaN or too large a number into an integer or a float32.
template <typename T>
std::vector<T> values_as(const Array& array, std::string_view name);

/// The array as [first axis x everything else], converted to `T`; `name` is for messages.
/// Throws unless the array has at least one axis.
template <typename T>
Matrix<T> matrix_as(const Array& array, std::string_view name);

/// Reads `.npy` (C order; float32, float64, uint8, int64; little endian) or `.csv` (no header, all
/// rows of one length, read as float64), chosen by the file's extension. Throws `Error` naming the
/// file, what was expected and what was found; nothing is allocated that the file does not hold.
Array read_array(const std::filesystem::path& path);

/// Parses the bytes of an `.npy` file; `name` is for messages.
Array parse_npy(std::string_view bytes, std::string_view name);
/// The bytes of an `.npy` file, version 1.0.
std::string format_npy(const Array& array);

/// Writes `.npy` or `.csv` by extension, through a temporary file, so that a reader sees the old
/// file or the whole new one.
void write_array(const std::filesystem::path& path, const Array& array);

template <typename T>
Array array_of(const Matrix<T>& matrix) {
  const T* begin = matrix.data();
  return {{matrix.rows(), matrix.cols()}, std::vector<T>(begin, begin + matrix.size())};
}

}  // namespace deepmine
