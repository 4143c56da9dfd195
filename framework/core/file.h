#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace deepmine {

/// The whole content of a file or a pipe. Throws `Error` naming the file when it cannot be read, is a
/// folder or a device, or is longer than `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::size_t limit = std::string::npos);

/// A file that is read here and there. A pipe, /dev/stdin say, is one, too: what comes through it is held in memory
/// until the program ends, so that whoever opens it again finds the same.
class InputFile {
 public:
  /// Throws `Error` naming the file when it cannot be read, is a folder or a device, or is a pipe that gives more than
  /// the memory holds.
  explicit InputFile(std::filesystem::path path);
  InputFile(InputFile&& other) noexcept;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  const std::filesystem::path& path() const { return path_; }
  std::size_t size() const { return size_; }
  /// All of it where it is in memory already, as a pipe's content is.
  std::optional<std::string_view> in_memory() const;
  /// Copies `size` bytes from `offset` on. Throws `Error` when the file does not have them.
  void read(std::size_t offset, void* to, std::size_t size) const;

 private:
  std::filesystem::path path_;
  int descriptor_;                             ///< of a file
  std::shared_ptr<const std::string> content_;  ///< of a pipe
  std::size_t size_ = 0;
};

/// Whether something other than a file or a folder is there: a pipe, a socket, a device.
bool is_pipe_or_device(const std::filesystem::path& path);

/// Replaces the file by `content` in one step: temporary file beside it, fsync, rename. A full disk
/// or a kill leaves the old file untouched. Throws `Error`.
void write_file(const std::filesystem::path& path, std::string_view content);
/// The same with content in two parts.
void write_file(const std::filesystem::path& path, std::string_view head, std::string_view rest);

/// SHA-256 in lower-case hexadecimal.
std::string sha256(std::string_view bytes);
std::string sha256_of_file(const std::filesystem::path& path);
/// The same of a file that this process has just written. Other reads throw `Interrupted`; an interrupt does not stop
/// this one, as what is finished would be made again.
std::string sha256_of_written(const std::filesystem::path& path);

}  // namespace deepmine
