// The values of an `.npy` file: from the types that numpy writes to those of an array, from either byte order, and from
// Fortran's order to C's.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <type_traits>

#include "framework/core/error.h"
#include "framework/core/exact.h"
#include "framework/core/interrupt.h"
#include "framework/core/memory.h"
#include "framework/core/npy.h"

namespace deepmine {
namespace {

/// A float16 as it lies in a file.
struct Half {
  std::uint16_t bits;

  explicit operator float() const {
    const int exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
    float size =
        std::ldexp(static_cast<float>(exponent == 0 ? fraction : fraction + 0x400), std::max(exponent, 1) - 25);
    if (exponent == 0x1f) {
      size = fraction == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
    }
    return bits >> 15 != 0 ? -size : size;
  }
};

/// A bool as it lies in a file, where every byte but 0 is true.
struct Bool {
  std::uint8_t byte;

  explicit operator std::uint8_t() const { return byte != 0 ? 1 : 0; }
};

template <typename Stored>
Stored stored_at(const char* place, bool swapped) {
  char bytes[sizeof(Stored)];
  std::memcpy(bytes, place, sizeof bytes);
  if (swapped) std::reverse(bytes, bytes + sizeof bytes);
  Stored value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

template <typename T>
T converted(Half value, std::string_view) {
  return static_cast<T>(static_cast<float>(value));
}

template <typename T>
T converted(Bool value, std::string_view) {
  return static_cast<T>(static_cast<std::uint8_t>(value));
}

template <typename T, typename Number>
T converted(Number value, [[maybe_unused]] std::string_view name) {
  if constexpr (std::is_integral_v<Number>) ensure_held<T>(value, name);
  return static_cast<T>(value);
}

template <typename Stored, typename T>
void decode_as(const NpyHeader& header, const char* bytes, std::size_t count, T* to, std::string_view name) {
  if constexpr (std::is_same_v<Stored, T>) {
    if (!header.big_endian) {
      std::copy_n(bytes, count * sizeof(T), reinterpret_cast<char*>(to));
      return;
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    to[i] = converted<T>(stored_at<Stored>(bytes + i * sizeof(Stored), header.big_endian), name);
  }
}

/// Values in which the first axis runs fastest, so that the last one does.
template <typename T>
std::vector<T> in_c_order(const std::vector<T>& values, const std::vector<std::size_t>& shape) {
  std::vector<std::size_t> index(shape.size(), 0), step(shape.size(), 1);
  for (std::size_t axis = 1; axis < shape.size(); ++axis) step[axis] = step[axis - 1] * shape[axis - 1];
  std::vector<T> result;
  result.reserve(values.size());
  for (std::size_t from = 0; result.size() < values.size();) {
    result.push_back(values[from]);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      from += step[axis];
      if (++index[axis] < shape[axis]) break;
      from -= step[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

/// Copies bytes of the values, from `offset` on.
using Copy = std::function<void(std::size_t offset, void* to, std::size_t size)>;

template <typename T>
Array array_of(const NpyHeader& header, bool as_they_lie, const Copy& copy, std::string_view name) {
  constexpr std::size_t kAtOnce = std::size_t{1} << 18;
  std::vector<T> values(header.count);
  const std::size_t size = header.value_size();
  if (as_they_lie && header.count > 0) {
    copy(0, values.data(), header.count * size);
  } else {
    std::vector<char> piece(std::min(header.count, kAtOnce) * size);
    for (std::size_t first = 0; first < header.count; first += kAtOnce) {
      throw_if_interrupted();
      const std::size_t n = std::min(kAtOnce, header.count - first);
      copy(first * size, piece.data(), n * size);
      decode(header, piece.data(), n, values.data() + first, name);
    }
  }
  if (header.fortran_order) values = in_c_order(values, header.shape);
  return {header.shape, std::move(values)};
}

Array array_of(const NpyHeader& header, const Copy& copy, std::string_view name) {
  const bool ours = !header.big_endian;
  switch (header.type) {
    case NumberType::kFloat16:
      return array_of<float>(header, false, copy, name);
    case NumberType::kFloat32:
      return array_of<float>(header, ours, copy, name);
    case NumberType::kFloat64:
      return array_of<double>(header, ours, copy, name);
    case NumberType::kBool:
      return array_of<std::uint8_t>(header, false, copy, name);
    case NumberType::kUint8:
      return array_of<std::uint8_t>(header, true, copy, name);
    case NumberType::kInt64:
      return array_of<std::int64_t>(header, ours, copy, name);
    default:
      return array_of<std::int64_t>(header, false, copy, name);
  }
}

void ensure_memory_for(const NpyHeader& header, std::string_view name) {
  const std::size_t copies = header.fortran_order ? 2 : 1;
  ensure_memory(held_memory() + copies * header.count * header.array_value_size(),
                fmt::format("{} takes that much to read, give a smaller file, or a machine or job with more", name));
}

}  // namespace

std::size_t NpyHeader::value_size() const {
  switch (type) {
    case NumberType::kBool:
    case NumberType::kInt8:
    case NumberType::kUint8:
      return 1;
    case NumberType::kFloat16:
    case NumberType::kInt16:
    case NumberType::kUint16:
      return 2;
    case NumberType::kFloat32:
    case NumberType::kInt32:
    case NumberType::kUint32:
      return 4;
    default:
      return 8;
  }
}

std::size_t NpyHeader::array_value_size() const {
  if (fits_float32()) return sizeof(float);
  return type == NumberType::kBool || type == NumberType::kUint8 ? 1 : 8;
}

template <typename T>
void decode(const NpyHeader& header, const char* bytes, std::size_t count, T* to, std::string_view name) {
  switch (header.type) {
    case NumberType::kFloat16:
      return decode_as<Half>(header, bytes, count, to, name);
    case NumberType::kFloat32:
      return decode_as<float>(header, bytes, count, to, name);
    case NumberType::kFloat64:
      return decode_as<double>(header, bytes, count, to, name);
    case NumberType::kBool:
      return decode_as<Bool>(header, bytes, count, to, name);
    case NumberType::kInt8:
      return decode_as<std::int8_t>(header, bytes, count, to, name);
    case NumberType::kInt16:
      return decode_as<std::int16_t>(header, bytes, count, to, name);
    case NumberType::kInt32:
      return decode_as<std::int32_t>(header, bytes, count, to, name);
    case NumberType::kInt64:
      return decode_as<std::int64_t>(header, bytes, count, to, name);
    case NumberType::kUint8:
      return decode_as<std::uint8_t>(header, bytes, count, to, name);
    case NumberType::kUint16:
      return decode_as<std::uint16_t>(header, bytes, count, to, name);
    case NumberType::kUint32:
      return decode_as<std::uint32_t>(header, bytes, count, to, name);
    case NumberType::kUint64:
      return decode_as<std::uint64_t>(header, bytes, count, to, name);
  }
}

template void decode(const NpyHeader&, const char*, std::size_t, float*, std::string_view);
template void decode(const NpyHeader&, const char*, std::size_t, double*, std::string_view);

Array parse_npy(std::string_view bytes, std::string_view name) {
  const NpyHeader header = parse_npy_header(bytes, bytes.size(), name);
  ensure_memory_for(header, name);
  const auto copy = [&](std::size_t offset, void* to, std::size_t size) {
    std::memcpy(to, bytes.data() + header.start + offset, size);
  };
  return array_of(header, copy, name);
}

Array read_npy(const InputFile& file) {
  const NpyHeader header = read_npy_header(file);
  const std::string name = file.path().string();
  ensure_memory_for(header, name);
  return array_of(
      header, [&](std::size_t offset, void* to, std::size_t size) { file.read(header.start + offset, to, size); },
      name);
}

}  // namespace deepmine
