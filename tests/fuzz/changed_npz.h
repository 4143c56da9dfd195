#pragma once

#include <limits>
#include <string>

#include "framework/core/npz.h"
#include "tests/fuzz/bytes.h"

namespace deepmine {

/// Does to one of at least one array what a careless or malicious writer would: leaves it out, changes its shape, type,
/// values or name.
inline void change(std::map<std::string, Array>& arrays, Bytes& bytes) {
  auto place = arrays.begin();
  std::advance(place, bytes.up_to(arrays.size() - 1));
  Array& array = place->second;
  const std::size_t count = array.size();
  switch (bytes.up_to(8)) {
    case 0: arrays.erase(place); return;
    case 1: array.shape = {count}; return;
    case 2: array.shape.resize(std::min<std::size_t>(array.shape.size() + 1, 32), 1); return;
    case 3: array = {{}, std::vector<float>(1)}; return;
    case 4: array.values = std::vector<double>(count, 1e300); return;
    case 5: array.values = std::vector<std::int64_t>(count, std::numeric_limits<std::int64_t>::min()); return;
    case 6: array.values = std::vector<float>(count, bytes.number()); return;
    case 7: array = {{0, 3}, std::vector<std::uint8_t>()}; return;
    default: {
      auto renamed = arrays.extract(place);
      renamed.key() = bytes.text_to_zero();
      arrays.insert(std::move(renamed));
    }
  }
}

/// An archive as it stands, or a sound one with another text `text` and changed arrays.
inline std::string archive_like(const Npz& sound, const char* text, Bytes bytes) {
  if (bytes.rest().substr(0, 2) == "PK") return std::string(bytes.rest());
  Npz content = sound;
  if (const std::string other = bytes.text_to_zero(); !other.empty()) content.texts[text] = other;
  while (!bytes.empty() && !content.arrays.empty()) change(content.arrays, bytes);
  return format_npz(content);
}

}  // namespace deepmine
