// The `.npy` format, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html:
// magic, version, length of the header, the header (a Python dictionary), the values.

#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>
#include <iterator>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "framework/core/array.h"
#include "framework/core/error.h"
#include "framework/core/npy.h"

namespace deepmine {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are copied as they lie in memory");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxAxes = 32;  // as in numpy
constexpr std::size_t kAlignment = 64;
constexpr std::string_view kCure =
    "save it again with numpy.save(file, x.astype(dtype)), dtype one of float32, float64, uint8, int64";

struct Header {
  std::optional<std::string> descr;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::size_t>> shape;
};

/// Reads the one dictionary that a header is.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, std::string_view name) : rest_(text), name_(name) {}

  Header read() {
    expect('{');
    while (!take('}')) {
      read_entry();
      if (take(',')) continue;
      expect('}');
      break;
    }
    skip_blanks();
    if (!rest_.empty()) reject("nothing after the dictionary");
    ensure(header_.descr && header_.fortran_order && header_.shape,
           "{}: expected the keys descr, fortran_order and shape in the .npy header, found not all "
           "of them; {}",
           name_, kCure);
    return header_;
  }

 private:
  [[noreturn]] void reject(std::string_view expected) const {
    fail("{}: expected {} in the .npy header, found {:?}; {}", name_, expected, rest_.substr(0, 40),
         kCure);
  }

  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.size(), rest_.find_first_not_of(" \t\r\n")));
  }

  bool take(std::string_view word) {
    skip_blanks();
    if (rest_.substr(0, word.size()) != word) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool take(char c) { return take(std::string_view(&c, 1)); }

  void expect(char c) {
    if (!take(c)) reject(fmt::format("'{}'", c));
  }

  std::string read_text() {
    const char quote = take('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const std::size_t end = rest_.find(quote);
    if (end == std::string_view::npos) reject("a closing quote");
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return text;
  }

  bool read_flag() {
    if (take("True")) return true;
    if (take("False")) return false;
    reject("True or False");
  }

  std::vector<std::size_t> read_shape() {
    std::vector<std::size_t> shape;
    expect('(');
    while (!take(')')) {
      skip_blanks();
      std::size_t axis = 0;
      const auto [stop, status] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), axis);
      if (status != std::errc{}) reject("a length that 64 bits hold");
      rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
      take('L');  // written by Python 2
      shape.push_back(axis);
      if (take(',')) continue;
      expect(')');
      break;
    }
    return shape;
  }

  void read_entry() {
    const std::string key = read_text();
    const bool twice = (key == "descr" && header_.descr) ||
                       (key == "fortran_order" && header_.fortran_order) ||
                       (key == "shape" && header_.shape);
    ensure(!twice, "{}: expected each key once in the .npy header, found {:?} twice; {}", name_,
           key, kCure);
    expect(':');
    if (key == "descr") {
      skip_blanks();
      ensure(rest_.substr(0, 1) != "[",
             "{}: expected numbers of one type, found a structured array, {}; save one of its fields, "
             "numpy.save(file, x['name'])",
             name_, rest_.substr(0, 40));
      header_.descr = read_text();
    } else if (key == "fortran_order") {
      header_.fortran_order = read_flag();
    } else if (key == "shape") {
      header_.shape = read_shape();
    } else {
      fail(
          "{}: expected the keys descr, fortran_order and shape in the .npy header, found {:?}; {}",
          name_, key.substr(0, 40), kCure);
    }
  }

  std::string_view rest_;
  std::string_view name_;
  Header header_;
};

/// The number of entries, as far as it and the lengths of all parts of the shape fit into memory.
std::optional<std::size_t> count_of(const std::vector<std::size_t>& shape) {
  constexpr std::size_t kLimit = std::numeric_limits<std::ptrdiff_t>::max() / sizeof(double);
  std::size_t product = 1;
  bool empty = false;
  for (std::size_t axis : shape) {
    empty = empty || axis == 0;
    if (axis > kLimit / product) return std::nullopt;
    product *= axis == 0 ? 1 : axis;
  }
  return empty ? 0 : product;
}

/// Where the header's text lies in a file of `file_size` bytes that starts with `bytes`.
std::string_view header_text(std::string_view bytes, std::size_t file_size, std::string_view name) {
  ensure(bytes.substr(0, kMagic.size()) == kMagic,
         "{}: expected an .npy file, found {} bytes that start with {:?}; {}", name, file_size,
         bytes.substr(0, kMagic.size()), kCure);
  const unsigned version = bytes.size() > 6 ? static_cast<unsigned char>(bytes[6]) : 0;
  const std::size_t length_size = version == 1 ? 2 : 4;
  const std::size_t start = kMagic.size() + 2 + length_size;
  ensure(bytes.size() >= start, "{}: expected an .npy file, found only its first {} bytes; {}",
         name, bytes.size(), kCure);
  ensure(version >= 1 && version <= 3,
         "{}: expected version 1, 2 or 3 of the .npy format, found {}; {}", name, version, kCure);
  std::size_t length = 0;
  std::memcpy(&length, bytes.data() + kMagic.size() + 2, length_size);
  ensure(
      length <= file_size - start,
      "{}: expected an .npy header of {} bytes, found {}; the file is truncated, copy or save it "
      "again",
      name, length, file_size - start);
  ensure(length <= bytes.size() - start, "{}: expected an .npy header of at most {} bytes, found {}; {}",
         name, kMaxNpyHeader - start, length, kCure);
  return bytes.substr(start, length);
}

template <typename T>
constexpr std::string_view descr_of() {
  if constexpr (std::is_same_v<T, float>) return "<f4";
  if constexpr (std::is_same_v<T, double>) return "<f8";
  if constexpr (std::is_same_v<T, std::uint8_t>) return "|u1";
  return "<i8";
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

/// What a type's letter stands for, of those that are no plain numbers.
std::string_view kind_of(char letter) {
  switch (letter) {
    case 'O': return "Python objects";
    case 'c': return "complex numbers, of which x.real, x.imag and abs(x) are none";
    case 'U':
    case 'S':
    case 'a': return "texts";
    case 'M': return "dates";
    case 'm': return "spans of time";
    case 'V': return "bytes without a type";
    case 'f': return "floats longer than 64 bits";
    default: return "another type";
  }
}

/// A type as numpy spells it, without its byte order.
std::optional<NumberType> type_of(std::string_view text) {
  constexpr std::pair<std::string_view, NumberType> kTypes[] = {
      {"f2", NumberType::kFloat16}, {"f4", NumberType::kFloat32}, {"f8", NumberType::kFloat64},
      {"b1", NumberType::kBool},    {"i1", NumberType::kInt8},    {"i2", NumberType::kInt16},
      {"i4", NumberType::kInt32},   {"i8", NumberType::kInt64},   {"u1", NumberType::kUint8},
      {"u2", NumberType::kUint16},  {"u4", NumberType::kUint32},  {"u8", NumberType::kUint64}};
  const auto* type =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& known) { return known.first == text; });
  return type == std::end(kTypes) ? std::nullopt : std::optional(type->second);
}

/// "<f4": a byte order, < > | or =, or none for the machine's, and a type.
std::pair<NumberType, bool> type_and_order(const std::string& descr, std::string_view name) {
  constexpr std::string_view kOrders = "<>|=";
  const bool ordered = !descr.empty() && kOrders.find(descr[0]) != std::string_view::npos;
  const auto type = type_of(std::string_view(descr).substr(ordered ? 1 : 0));
  const char letter = descr.size() > (ordered ? 1U : 0U) ? descr[ordered ? 1 : 0] : ' ';
  ensure(type.has_value(),
         "{}: expected numbers of a type that is read (float16 to float64, bool, whole numbers of 8 to 64 "
         "bits), found {} ({:?}); {}",
         name, kind_of(letter), descr.substr(0, 40), kCure);
  return {*type, descr[0] == '>'};
}

}  // namespace

NpyHeader parse_npy_header(std::string_view prefix, std::size_t file_size, std::string_view name) {
  const std::string_view text = header_text(prefix, file_size, name);
  const Header header = HeaderReader(text, name).read();
  ensure(header.shape->size() <= kMaxAxes, "{}: expected at most {} axes, found {}", name, kMaxAxes,
         header.shape->size());
  const std::optional<std::size_t> count = count_of(*header.shape);
  ensure(count.has_value(), "{}: expected a shape that fits into memory, found {}; {}", name,
         shape_text(*header.shape), kCure);
  const auto [type, big_endian] = type_and_order(*header.descr, name);
  const auto start = static_cast<std::size_t>(text.data() - prefix.data()) + text.size();
  const bool fortran = *header.fortran_order && header.shape->size() > 1;
  NpyHeader result{*header.shape, type, big_endian, fortran, *count, start};
  const std::size_t expected = *count * result.value_size(), found = file_size - start;
  ensure(found == expected,
         "{}: expected {} bytes of values as its .npy header says, found {}; the file is {}, copy or "
         "save it again",
         name, expected, found, found < expected ? "truncated" : "followed by something else");
  return result;
}

NpyHeader read_npy_header(const InputFile& file) {
  std::string prefix(std::min(file.size(), kMaxNpyHeader), '\0');
  file.read(0, prefix.data(), prefix.size());
  return parse_npy_header(prefix, file.size(), file.path().string());
}

std::string npy_header(const Array& array) {
  assert(array.shape.size() <= kMaxAxes);
  const auto descr = [](const auto& values) {
    return descr_of<typename std::decay_t<decltype(values)>::value_type>();
  };
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}",
                                   std::visit(descr, array.values), shape_text(array.shape));
  const std::size_t start = kMagic.size() + 4;
  header.append(kAlignment - (start + header.size() + 1) % kAlignment, ' ');
  header += '\n';
  std::string bytes(kMagic);
  bytes += {'\x01', '\x00', static_cast<char>(header.size() % 256),
            static_cast<char>(header.size() / 256)};
  return bytes + header;
}

std::string_view value_bytes(const Array& array) {
  return std::visit(
      [&](const auto& values) {
        assert(values.size() == array.size());
        return std::string_view(reinterpret_cast<const char*>(values.data()),
                                values.size() * sizeof(values[0]));
      },
      array.values);
}

std::string format_npy(const Array& array) {
  return npy_header(array).append(value_bytes(array));
}

}  // namespace deepmine
