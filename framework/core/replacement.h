#pragma once

#include <filesystem>
#include <string_view>

#include "framework/core/descriptor.h"

namespace deepmine {

/// A new file that takes another's place in one step, once it is whole: written piece by piece beside it, synced,
/// renamed. Gone again unless it did, so that the name always leads to the old content or to all of the new.
class Replacement {
 public:
  /// A link is followed, so that it stays a link. Throws `Error` when there is a folder or a device, or no folder that
  /// allows new files.
  explicit Replacement(const std::filesystem::path& path);
  ~Replacement();
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  /// Adds to the new file. Throws `Error` naming the old one.
  void write(std::string_view content);
  /// Once, at the end. Throws `Error`.
  void replace();

 private:
  int create();
  void check(bool done) const;

  std::filesystem::path target_;
  std::filesystem::path path_;
  Descriptor file_;
  bool replaced_ = false;
};

}  // namespace deepmine
