#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace deepmine {

using ZipMembers = std::vector<std::pair<std::string, std::string>>;

/// `value` in `size` bytes, at most 8, the lowest first.
inline std::string little_endian(std::size_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 255);
  return bytes;
}

/// A zip archive with right checksums and sizes, whatever the names: a fuzzer that changes bytes of an archive hardly
/// ever gets past its checksums. Not by libzip, which refuses some names.
inline std::string zip_of(const ZipMembers& members) {
  std::string bytes, directory;
  for (const auto& [name, content] : members) {
    const auto* data = reinterpret_cast<const Bytef*>(content.data());
    const std::size_t crc = ::crc32(0, data, static_cast<uInt>(content.size()));
    // version needed, flags, method (stored), time, date, checksum, sizes, length of the name and of what follows it
    const std::string about = little_endian(10, 2) + std::string(6, '\0') + little_endian(33, 2) +
                              little_endian(crc, 4) + little_endian(content.size(), 4) +
                              little_endian(content.size(), 4) + little_endian(name.size(), 2) + little_endian(0, 2);
    directory +=
        "PK\1\2" + little_endian(10, 2) + about + std::string(10, '\0') + little_endian(bytes.size(), 4) + name;
    bytes += "PK\3\4" + about + name + content;
  }
  const std::string count = little_endian(members.size(), 2);
  return bytes + directory + "PK\5\6" + little_endian(0, 4) + count + count + little_endian(directory.size(), 4) +
         little_endian(bytes.size(), 4) + little_endian(0, 2);
}

}  // namespace deepmine
