#include "datasets/cifar_records.h"

#include <algorithm>
#include <cstring>

#include "framework/core/error.h"
#include "framework/core/file.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

/// The text up to `separators`, which are removed from `rest` with it.
std::string_view take_word(std::string_view& rest, std::string_view separators) {
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(separators)));
  const std::string_view word = rest.substr(0, rest.find_first_of(separators));
  rest.remove_prefix(word.size());
  return word;
}

}  // namespace

CifarRecords parse_cifar(std::string_view bytes, std::int64_t count, const CifarForm& form, std::string_view listed,
                         std::string_view name) {
  const auto record = static_cast<std::size_t>(form.record());
  ensure(count >= 0 && bytes.size() / record == static_cast<std::size_t>(count) && bytes.size() % record == 0,
         "{}: expected {} records of {} bytes, found {} bytes; fetch it again", name, count, record, bytes.size());
  const std::string found = listed.empty() ? std::string() : sha256(bytes);
  ensure(found == listed, "{}: expected sha256 {:?} (SHA256SUMS beside it), found {}; fetch it again", name,
         listed.substr(0, found.size()), found);
  CifarRecords result{torch::empty({count, 3, 32, 32}, torch::kUInt8), torch::empty({count}, torch::kInt64)};
  auto* pixels = result.images.data_ptr<std::uint8_t>();
  auto* labels = result.labels.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    const char* at = bytes.data() + i * form.record() + form.label_bytes;
    labels[i] = static_cast<unsigned char>(at[-1]);
    ensure(labels[i] < form.classes, "{}: expected labels 0 to {}, found {} at record {}; fetch the file again", name,
           form.classes - 1, labels[i], i);
    std::memcpy(pixels + i * kCifarPixels, at, kCifarPixels);
  }
  return result;
}

CifarRecords read_cifar(const fs::path& path, std::int64_t count, const CifarForm& form, std::string_view listed) {
  const InputFile file(path);
  const std::int64_t size = count * form.record();
  ensure(file.size() == static_cast<std::size_t>(size),
         "{}: expected {} bytes ({} records of {}), found {}; fetch it again", path.string(), size, count,
         form.record(), file.size());
  std::string bytes(file.size(), '\0');
  file.read(0, bytes.data(), bytes.size());
  return parse_cifar(bytes, count, form, listed, path.string());
}

std::string cifar_checksum(std::string_view list, std::string_view file) {
  while (!list.empty()) {
    std::string_view line = take_word(list, "\r\n");
    const std::string_view sum = take_word(line, " \t");
    std::string_view name = take_word(line, " \t");
    if (!name.empty() && name.front() == '*') name.remove_prefix(1);  // read as binary, in sha256sum's words
    if (name == file) return std::string(sum);
  }
  return {};
}

std::string listed_checksum(const fs::path& file) {
  constexpr std::size_t kLargestList = std::size_t{1} << 20;
  const fs::path list = file.parent_path() / "SHA256SUMS";
  return fs::exists(list) ? cifar_checksum(read_file(list, kLargestList), file.filename().string()) : std::string();
}

}  // namespace deepmine
