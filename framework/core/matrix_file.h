#pragma once

#include <filesystem>
#include <string_view>
#include <variant>

#include "framework/core/array_file.h"
#include "framework/core/matrix.h"

namespace deepmine {

/// A matrix in a file, of which some columns are read at a time, so that it may be larger than memory: an `.npy` file
/// in C order. Any other (see `read_array`) is held in memory. A file of more axes is taken as [first axis x all
/// others].
class MatrixFile {
 public:
  /// Throws `Error` naming the file for less than two axes and for an empty one; `what` says what it
  /// should hold, "activations [inputs x nodes]".
  MatrixFile(const std::filesystem::path& path, std::string_view what, const CsvLayout& csv = {});

  const std::filesystem::path& path() const { return path_; }
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  /// Consecutive columns that share their place on the second axis, of a file with more than two:
  /// H x W of [N,C,H,W]. 0 for others.
  std::size_t channel_columns() const { return channel_columns_; }
  /// Whether float32 holds every value.
  bool is_float32() const;
  /// Bytes that hold the file's values in memory for good: none of an `.npy` file in C order.
  std::size_t resident() const;

  /// The columns `first` to `last` - 1, the numbers as they are: `T` is float for files of float32 only, or double.
  /// Throws `Error` for whole numbers beyond 2^53 that double does not hold, of which two would become one.
  template <typename T>
  Matrix<T> columns(std::size_t first, std::size_t last) const;

 private:
  template <typename T>
  Matrix<T> read_columns(const NpyFile& npy, std::size_t first, std::size_t last) const;

  std::filesystem::path path_;
  std::size_t rows_ = 0, cols_ = 0, channel_columns_ = 0;
  std::variant<Array, NpyFile> values_;
};

}  // namespace deepmine
