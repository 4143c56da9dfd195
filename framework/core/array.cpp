#include "framework/core/array.h"

#include <fmt/ranges.h>

#include <cassert>
#include <cmath>
#include <limits>
#include <type_traits>

#include "framework/core/csv.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/npy.h"

namespace deepmine {
namespace {

template <typename T>
constexpr const char* type_name() {
  if constexpr (std::is_same_v<T, float>) return "float32";
  if constexpr (std::is_same_v<T, double>) return "float64";
  if constexpr (std::is_same_v<T, std::uint8_t>) return "uint8";
  return "int64";
}

/// Whether `value` becomes a `To` without more than rounding to the nearest floating point number.
template <typename To, typename From>
bool survives(From value) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // 2^63 and 2^8 are exact in every floating point type, the largest integers are not.
    const From limit = std::ldexp(From{1}, std::numeric_limits<To>::digits);
    const From low = std::is_signed_v<To> ? -limit : From{0};
    return value >= low && value < limit && std::trunc(value) == value;
  } else if constexpr (std::is_integral_v<From> && std::is_integral_v<To>) {
    return static_cast<From>(static_cast<To>(value)) == value &&
           (value < 0) == (static_cast<To>(value) < 0);
  } else if constexpr (std::is_same_v<From, double> && std::is_same_v<To, float>) {
    return !std::isfinite(value) || std::isfinite(static_cast<float>(value));
  } else {
    return true;
  }
}

template <typename To, typename From>
std::vector<To> converted(const std::vector<From>& values, std::string_view name) {
  std::vector<To> result;
  result.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    ensure(survives<To>(values[i]), "{}: expected values that {} can hold, found {} at entry {}",
           name, type_name<To>(), values[i], i);
    result.push_back(static_cast<To>(values[i]));
  }
  return result;
}

/// By the extension, which is one of two.
bool is_npy_name(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  ensure(extension == ".npy" || extension == ".csv",
         "{}: expected a file name that ends in .npy or .csv, found {:?}; rename or convert it",
         path.string(), extension);
  return extension == ".npy";
}

}  // namespace

std::size_t Array::size() const {
  std::size_t product = 1;
  for (std::size_t axis : shape) product *= axis;
  return product;
}

std::string Array::description() const {
  const auto type = [](const auto& v) {
    return type_name<typename std::decay_t<decltype(v)>::value_type>();
  };
  return fmt::format("[{}] {}", fmt::join(shape, ", "), std::visit(type, values));
}

template <typename T>
std::vector<T> values_as(const Array& array, std::string_view name) {
  return std::visit([&](const auto& values) { return converted<T>(values, name); }, array.values);
}

template <typename T>
Matrix<T> matrix_as(const Array& array, std::string_view name) {
  ensure(!array.shape.empty(), "{}: expected a matrix [rows x columns], found a single number",
         name);
  std::size_t columns = 1;
  for (std::size_t i = 1; i < array.shape.size(); ++i) columns *= array.shape[i];
  std::vector<T> values = values_as<T>(array, name);
  assert(values.size() == array.shape[0] * columns);
  return {array.shape[0], columns, std::move(values)};
}

template std::vector<float> values_as(const Array&, std::string_view);
template std::vector<double> values_as(const Array&, std::string_view);
template std::vector<std::uint8_t> values_as(const Array&, std::string_view);
template std::vector<std::int64_t> values_as(const Array&, std::string_view);
template Matrix<float> matrix_as(const Array&, std::string_view);
template Matrix<double> matrix_as(const Array&, std::string_view);
template Matrix<std::uint8_t> matrix_as(const Array&, std::string_view);
template Matrix<std::int64_t> matrix_as(const Array&, std::string_view);

Array read_array(const std::filesystem::path& path) {
  const bool is_npy = is_npy_name(path);
  // What is no file but a pipe says no size before it is read. Everything else that is none is refused.
  std::error_code problem;
  const bool has_size = std::filesystem::is_regular_file(path, problem);
  if (is_npy) return has_size ? read_npy(InputFile(path)) : parse_npy(read_file(path), path.string());
  return has_size ? read_csv(InputFile(path)) : parse_csv(read_file(path), path.string());
}

void write_array(const std::filesystem::path& path, const Array& array) {
  const bool is_npy = is_npy_name(path);
  if (is_npy) return write_file(path, npy_header(array), value_bytes(array));
  write_file(path, format_csv(array, path.string()));
}

}  // namespace deepmine
