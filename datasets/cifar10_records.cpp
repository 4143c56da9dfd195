#include "datasets/cifar10_records.h"

#include <algorithm>
#include <cstring>

#include "framework/core/error.h"
#include "framework/core/file.h"

namespace deepmine {
namespace {

constexpr std::int64_t kClasses = 10;
constexpr std::int64_t kPixels = kCifar10Record - 1;

/// The text up to `separators`, which are removed from `rest` with it.
std::string_view take_word(std::string_view& rest, std::string_view separators) {
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(separators)));
  const std::string_view word = rest.substr(0, rest.find_first_of(separators));
  rest.remove_prefix(word.size());
  return word;
}

}  // namespace

Cifar10Records parse_cifar10(std::string_view bytes, std::int64_t count, std::string_view listed,
                             std::string_view name) {
  ensure(count >= 0 && bytes.size() / kCifar10Record == static_cast<std::size_t>(count) &&
             bytes.size() % kCifar10Record == 0,
         "{}: expected {} records of {} bytes, found {} bytes; fetch it again", name, count, kCifar10Record, bytes.size());
  const std::string found = listed.empty() ? std::string() : sha256(bytes);
  ensure(found == listed, "{}: expected sha256 {:?} (SHA256SUMS beside it), found {}; fetch it again", name,
         listed.substr(0, found.size()), found);
  Cifar10Records result{torch::empty({count, 3, 32, 32}, torch::kUInt8), torch::empty({count}, torch::kInt64)};
  auto* pixels = result.images.data_ptr<std::uint8_t>();
  auto* labels = result.labels.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    const char* record = bytes.data() + i * kCifar10Record;
    labels[i] = static_cast<unsigned char>(record[0]);
    ensure(labels[i] < kClasses, "{}: expected labels 0 to {}, found {} at record {}; fetch the file again", name,
           kClasses - 1, labels[i], i);
    std::memcpy(pixels + i * kPixels, record + 1, kPixels);
  }
  return result;
}

std::string cifar10_checksum(std::string_view list, std::string_view file) {
  while (!list.empty()) {
    std::string_view line = take_word(list, "\r\n");
    const std::string_view sum = take_word(line, " \t");
    std::string_view name = take_word(line, " \t");
    if (!name.empty() && name.front() == '*') name.remove_prefix(1);  // read as binary, in sha256sum's words
    if (name == file) return std::string(sum);
  }
  return {};
}

}  // namespace deepmine
