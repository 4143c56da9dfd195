#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace deepmine {

/// How much of an archive is unpacked before it is refused: a few kilobytes can unpack to terabytes.
struct ArchiveLimits {
  std::size_t members = 10000;
  std::size_t member = std::size_t{1} << 28;  ///< bytes of one member
  std::size_t total = std::size_t{1} << 29;   ///< bytes of all members read
};

/// Of an archive whose reader knows itself how much it takes.
constexpr ArchiveLimits kNoLimits{10000, std::string::npos, std::string::npos};

/// Of an archive that is checked, and not held in memory.
constexpr ArchiveLimits kLimitsOfCheck{10000, std::size_t{1} << 30, std::size_t{1} << 31};

/// A zip archive that anybody may have written: what it says of counts and sizes is not believed, and
/// every member's bytes are checked against its checksum.
class ArchiveReader {
 public:
  /// An archive in memory, which must outlive the reader. `name` is for messages, `what` says what it should be,
  /// "an .npz archive". Throws `Error` for what is none, for one without the end it announces, for too many
  /// members, one name twice, and names that lead out of a folder ("../a", "/a", "a\b") or hold control characters.
  ArchiveReader(std::string_view bytes, std::string name, std::string_view what, const ArchiveLimits& limits = {});
  /// An archive in a file, which is not held in memory; `name` is for messages in place of the path.
  ArchiveReader(const std::filesystem::path& path, std::string_view what, const ArchiveLimits& limits = {},
                std::string name = {});
  ~ArchiveReader();

  const std::vector<std::string>& members() const { return members_; }
  /// Passes the content of a member to `consume`, piece by piece. Throws `Error` naming the member when it is
  /// damaged, encrypted, or longer than `limit` or the archive's limits allow, and `Interrupted`.
  void read(std::size_t member, std::size_t limit, const std::function<void(std::string_view)>& consume);
  /// The content of a member. Throws `Error` also when the memory does not hold it.
  std::string content(std::size_t member, std::size_t limit = std::string::npos);
  /// Bytes of all members read.
  std::size_t unpacked() const { return unpacked_; }

 private:
  struct Handle;
  ArchiveReader(std::unique_ptr<Handle> handle, std::string name, const ArchiveLimits& limits);
  void read_names();

  std::unique_ptr<Handle> handle_;
  std::string name_;
  ArchiveLimits limits_;
  std::size_t unpacked_ = 0;
  std::vector<std::string> members_;
};

/// Throws `Error` unless `path` is an archive whose every member is whole, and all of which fits into memory once
/// unpacked.
void check_archive(const std::filesystem::path& path, std::string_view what,
                   const ArchiveLimits& limits = kLimitsOfCheck);

}  // namespace deepmine
