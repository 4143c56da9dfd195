#include "framework/core/array.h"

#include <fmt/ranges.h>

#include <cassert>
#include <type_traits>

#include "framework/core/array_file.h"
#include "framework/core/csv.h"
#include "framework/core/error.h"
#include "framework/core/exact.h"
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

Array read_array(const std::filesystem::path& path, const CsvLayout& csv) {
  auto found = open_array(path, csv);
  if (auto* array = std::get_if<Array>(&found)) return std::move(*array);
  return read_npy(std::get<NpyFile>(found).file);
}

void write_array(const std::filesystem::path& path, const Array& array) {
  const std::string extension = path.extension().string();
  ensure(extension == ".npy" || extension == ".csv",
         "{}: expected a file name that ends in .npy or .csv, found {:?}; choose another name", path.string(),
         extension);
  if (extension == ".npy") return write_file(path, npy_header(array), value_bytes(array));
  write_file(path, format_csv(array, path.string()));
}

}  // namespace deepmine
