#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "framework/core/array.h"

namespace deepmine {

/// An array that is costly to make, kept in a folder under a key that differs wherever anything differs that it
/// depends on. It is made once, whatever the number of processes that want it.
class KeptArray {
 public:
  KeptArray(std::filesystem::path folder, const std::string& key);

  const std::filesystem::path& path() const { return array_; }
  /// Of the file. Throws `Error` when there is none.
  std::string sha256() const;
  /// The array if it is kept and is what was written, by its checksum.
  std::optional<Array> read() const;
  /// The array: kept, or made by `make` and kept. While a process makes it the others wait; when it is killed,
  /// the next one makes it.
  Array read_or_make(const std::function<Array()>& make) const;

 private:
  std::filesystem::path folder_, array_, checksum_, lock_;
};

}  // namespace deepmine
