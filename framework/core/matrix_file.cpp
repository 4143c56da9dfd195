#include "framework/core/matrix_file.h"

#include <fmt/ranges.h>

#include <cassert>
#include <string>
#include <type_traits>
#include <vector>

#include "framework/core/error.h"
#include "framework/core/exact.h"

namespace deepmine {

MatrixFile::MatrixFile(const std::filesystem::path& path, std::string_view what, const CsvLayout& csv)
    : path_(path), values_(open_array(path, csv)) {
  const auto* npy = std::get_if<NpyFile>(&values_);
  const std::vector<std::size_t>& shape = npy != nullptr ? npy->header.shape : std::get<Array>(values_).shape;
  const std::size_t axes = shape.size();
  ensure(axes >= 2, "{}: expected {}, found [{}]; reshape it to two axes", path.string(), what, fmt::join(shape, ", "));
  rows_ = shape[0];
  cols_ = 1;
  for (std::size_t axis = 1; axis < axes; ++axis) cols_ *= shape[axis];
  if (axes > 2 && cols_ > 0) channel_columns_ = cols_ / shape[1];
  ensure(rows_ > 0 && cols_ > 0, "{}: expected {} with at least one row and column, found [{} x {}]; write it again",
         path.string(), what, rows_, cols_);
}

bool MatrixFile::is_float32() const {
  if (const auto* npy = std::get_if<NpyFile>(&values_)) return npy->header.fits_float32();
  return std::holds_alternative<std::vector<float>>(std::get<Array>(values_).values);
}

std::size_t MatrixFile::resident() const {
  if (const auto* npy = std::get_if<NpyFile>(&values_)) return npy->file.in_memory() ? npy->file.size() : 0;
  const auto value_size = [](const auto& values) { return sizeof(values[0]); };
  return rows_ * cols_ * std::visit(value_size, std::get<Array>(values_).values);
}

template <typename T>
Matrix<T> MatrixFile::columns(std::size_t first, std::size_t last) const {
  assert(first <= last && last <= cols_);
  if (const auto* npy = std::get_if<NpyFile>(&values_)) return read_columns<T>(*npy, first, last);
  Matrix<T> result(rows_, last - first);
  const auto copy = [&](const auto& values) {
    for (std::size_t i = 0; i < rows_; ++i) {
      for (std::size_t j = first; j < last; ++j) {
        const auto value = values[i * cols_ + j];
        if constexpr (std::is_integral_v<std::decay_t<decltype(value)>>) ensure_held<T>(value, path_.string());
        result(i, j - first) = static_cast<T>(value);
      }
    }
  };
  std::visit(copy, std::get<Array>(values_).values);
  return result;
}

template <typename T>
Matrix<T> MatrixFile::read_columns(const NpyFile& npy, std::size_t first, std::size_t last) const {
  const std::size_t width = last - first, size = npy.header.value_size();
  const auto place = [&](std::size_t i) { return npy.header.start + (i * cols_ + first) * size; };
  const bool as_they_lie =
      !npy.header.big_endian && npy.header.type == (sizeof(T) == 4 ? NumberType::kFloat32 : NumberType::kFloat64);
  Matrix<T> result(rows_, width);
  if (as_they_lie && width == cols_) {
    npy.file.read(place(0), result.data(), result.size() * sizeof(T));
    return result;
  }
  const std::string name = path_.string();
  std::vector<char> row(width * size);
  for (std::size_t i = 0; i < rows_; ++i) {
    npy.file.read(place(i), row.data(), row.size());
    decode(npy.header, row.data(), width, result.row(i), name);
  }
  return result;
}

template Matrix<float> MatrixFile::columns(std::size_t, std::size_t) const;
template Matrix<double> MatrixFile::columns(std::size_t, std::size_t) const;

}  // namespace deepmine
