#include "framework/core/matrix_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <string>
#include <type_traits>
#include <vector>

#include "framework/core/error.h"

namespace deepmine {

MatrixFile::MatrixFile(const std::filesystem::path& path, std::string_view what) : path_(path) {
  std::vector<std::size_t> shape;
  if (path.extension() == ".npy") {
    file_.emplace(path);
    header_ = read_npy_header(*file_);
    shape = header_->shape;
  } else {
    array_ = read_array(path);
    shape = array_->shape;
  }
  const std::size_t axes = shape.size();
  ensure(axes >= 2, "{}: expected {}, found [{}]; reshape it to two axes", path.string(), what,
         fmt::join(shape, ", "));
  rows_ = shape[0];
  cols_ = 1;
  for (std::size_t axis = 1; axis < axes; ++axis) cols_ *= shape[axis];
  if (axes > 2 && cols_ > 0) channel_columns_ = cols_ / shape[1];
  ensure(rows_ > 0 && cols_ > 0,
         "{}: expected {} with at least one row and column, found [{} x {}]; write it again",
         path.string(), what, rows_, cols_);
}

bool MatrixFile::is_float32() const { return header_ && header_->type == NumberType::kFloat32; }

std::size_t MatrixFile::resident() const { return array_ ? rows_ * cols_ * sizeof(double) : 0; }

template <typename T>
Matrix<T> MatrixFile::columns(std::size_t first, std::size_t last) const {
  assert(first <= last && last <= cols_);
  if (array_) {
    Matrix<T> result(rows_, last - first);
    const auto& values = std::get<std::vector<double>>(array_->values);
    for (std::size_t i = 0; i < rows_; ++i) {
      const auto from = values.begin() + static_cast<std::ptrdiff_t>(i * cols_ + first);
      std::transform(from, from + static_cast<std::ptrdiff_t>(last - first), result.row(i),
                     [](double value) { return static_cast<T>(value); });
    }
    return result;
  }
  switch (header_->type) {
    case NumberType::kFloat32: return read_columns<T, float>(first, last);
    case NumberType::kFloat64: return read_columns<T, double>(first, last);
    case NumberType::kUint8: return read_columns<T, std::uint8_t>(first, last);
    default: return read_columns<T, std::int64_t>(first, last);
  }
}

template <typename T, typename Stored>
Matrix<T> MatrixFile::read_columns(std::size_t first, std::size_t last) const {
  const std::size_t width = last - first;
  Matrix<T> result(rows_, width);
  std::vector<Stored> row(width);
  const auto place = [&](std::size_t i) { return header_->start + (i * cols_ + first) * sizeof(Stored); };
  if constexpr (std::is_same_v<T, Stored>) {
    if (width == cols_) {
      file_->read(place(0), result.data(), result.size() * sizeof(T));
      return result;
    }
  }
  for (std::size_t i = 0; i < rows_; ++i) {
    file_->read(place(i), row.data(), width * sizeof(Stored));
    std::transform(row.begin(), row.end(), result.row(i),
                   [](Stored value) { return static_cast<T>(value); });
  }
  return result;
}

template Matrix<float> MatrixFile::columns(std::size_t, std::size_t) const;
template Matrix<double> MatrixFile::columns(std::size_t, std::size_t) const;

}  // namespace deepmine
