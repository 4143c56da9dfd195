#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
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

/// Values converted to `T`. A float64 is rounded to the nearest float32, no other value changes: throws where one does
/// not survive, a fraction, NaN or too large a number into an integer, too large a float64 into a float32, a whole
/// number into a floating point type that does not hold it.
template <typename T>
std::vector<T> values_as(const Array& array, std::string_view name);

/// The array as [first axis x everything else], converted to `T`; `name` is for messages.
/// Throws unless the array has at least one axis.
template <typename T>
Matrix<T> matrix_as(const Array& array, std::string_view name);

/// What text has beside its numbers, and whether an array may be text.
struct CsvLayout {
  bool skip_header = false;   ///< the first line names the columns
  bool index_column = false;  ///< the first cell of every line names its row
  /// How many numbers a file of one axis is to hold. Lines and cells of names are left out as far as it has more.
  std::optional<std::size_t> count = {};
  bool admitted = true;  ///< text holds no more than two axes
};

/// Reads an array in any of the forms that hold one:
/// * `.npy` of float16, float32, float64, bool and whole numbers of 8 to 64 bits, in any byte order, C or Fortran
/// order;
/// * `.npz` of a single array, or `FILE.npz:NAME` for one of several;
/// * `.csv`, rows of one length, read as float64; see `parse_csv`.
/// The ending says which, in upper or lower case. A pipe without one, /dev/stdin say, is told by its first bytes.
/// Throws `Error` naming the file, what was expected and what was found; nothing is allocated that the file does not
/// hold.
Array read_array(const std::filesystem::path& path, const CsvLayout& csv = {});

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
