#pragma once

#include <fmt/ranges.h>

#include <string>
#include <vector>

namespace deepmine {

/// An `.npy` file of any type, "<f2", with the bytes of its values as they lie there.
inline std::string npy_of(const std::string& descr, const std::vector<std::size_t>& shape, const std::string& values,
                          bool fortran = false) {
  const std::string header = fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': ({},), }}\n", descr,
                                         fortran ? "True" : "False", fmt::join(shape, ", "));
  std::string bytes = "\x93NUMPY\x01";
  bytes += {'\0', static_cast<char>(header.size()), '\0'};
  return bytes + header + values;
}

}  // namespace deepmine
