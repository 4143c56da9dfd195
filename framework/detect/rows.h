#pragma once

#include <torch/types.h>

#include <cstddef>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// A contiguous tensor [N x nodes] of type `T` as a matrix; refers to it.
template <typename T>
MatrixView<T> view_of(const torch::Tensor& rows) {
  return {rows.data_ptr<T>(), static_cast<std::size_t>(rows.size(0)), static_cast<std::size_t>(rows.size(1))};
}

/// The numbers of a tensor [N], converted to `T`.
template <typename T>
std::vector<T> numbers_of(const torch::Tensor& tensor) {
  const torch::Tensor whole = tensor.detach().to(torch::CppTypeToScalarType<T>::value).contiguous();
  const T* begin = whole.data_ptr<T>();
  return {begin, begin + whole.numel()};
}

}  // namespace deepmine
