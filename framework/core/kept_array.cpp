#include "framework/core/kept_array.h"

#include <utility>

#include "framework/core/file.h"
#include "framework/core/file_lock.h"
#include "framework/core/folder.h"

namespace deepmine {
namespace fs = std::filesystem;

KeptArray::KeptArray(fs::path folder, const std::string& key)
    : folder_(std::move(folder)),
      array_(folder_ / (key + ".npy")),
      checksum_(folder_ / (key + ".sha256")),
      lock_(folder_ / (key + ".lock")) {}

std::string KeptArray::sha256() const { return sha256_of_file(array_); }

std::optional<Array> KeptArray::read() const {
  if (!fs::exists(array_) || !fs::exists(checksum_)) return std::nullopt;
  if (sha256() != read_file(checksum_)) return std::nullopt;
  return read_array(array_);
}

Array KeptArray::read_or_make(const std::function<Array()>& make) const {
  if (auto kept = read()) return std::move(*kept);
  make_folder(folder_);
  const FileLock lock(lock_);
  if (auto kept = read()) return std::move(*kept);  // made by another process meanwhile
  Array made = make();
  write_array(array_, made);
  write_file(checksum_, sha256_of_written(array_));
  return made;
}

}  // namespace deepmine
