#pragma once

#include <string>

#include "framework/core/error.h"
#include "framework/core/npz.h"

namespace deepmine {

/// An array of what a detector has learnt, as a matrix of `T`. Throws `Error` where it is missing or of another type.
template <typename T>
Matrix<T> matrix_in(const Npz& learnt, const std::string& name) {
  const auto found = learnt.arrays.find(name);
  ensure(found != learnt.arrays.end(), "expected an array \"{}\" in what the detector has learnt, found none", name);
  return matrix_as<T>(found->second, name);
}

}  // namespace deepmine
