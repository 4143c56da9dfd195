#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace deepmine {

/// A row-major matrix [rows x cols] that somebody else owns.
template <typename T>
class MatrixView {
 public:
  MatrixView() = default;
  MatrixView(const T* data, std::size_t rows, std::size_t cols)
      : data_(data), rows_(rows), cols_(cols) {}

  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::size_t size() const { return rows_ * cols_; }
  const T* data() const { return data_; }
  const T* row(std::size_t i) const { return data_ + i * cols_; }
  const T& operator()(std::size_t i, std::size_t j) const { return data_[i * cols_ + j]; }

 private:
  const T* data_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
};

/// A row-major matrix [rows x cols] that owns its values.
template <typename T>
class Matrix {
 public:
  Matrix() = default;
  Matrix(std::size_t rows, std::size_t cols, T value = T{})
      : values_(rows * cols, value), rows_(rows), cols_(cols) {}
  /// Takes `values`, which hold rows * cols entries.
  Matrix(std::size_t rows, std::size_t cols, std::vector<T> values)
      : values_(std::move(values)), rows_(rows), cols_(cols) {}

  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::size_t size() const { return values_.size(); }
  const T* data() const { return values_.data(); }
  T* data() { return values_.data(); }
  const T* row(std::size_t i) const { return values_.data() + i * cols_; }
  T* row(std::size_t i) { return values_.data() + i * cols_; }
  const T& operator()(std::size_t i, std::size_t j) const { return values_[i * cols_ + j]; }
  T& operator()(std::size_t i, std::size_t j) { return values_[i * cols_ + j]; }
  /// The values, row by row; the matrix is left without.
  std::vector<T> take() && { return std::move(values_); }
  MatrixView<T> view() const { return {values_.data(), rows_, cols_}; }
  operator MatrixView<T>() const { return view(); }  // NOLINT(google-explicit-constructor)

 private:
  std::vector<T> values_;
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
};

}  // namespace deepmine
