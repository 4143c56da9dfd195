#include "framework/core/file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "framework/core/descriptor.h"
#include "framework/core/error.h"
#include "framework/core/growing_text.h"
#include "framework/core/interrupt.h"
#include "framework/core/replacement.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunk = std::size_t{1} << 16;
constexpr std::size_t kMostAtOnce = std::size_t{1} << 24;  // between two looks for an interrupt

std::string last_problem() { return std::strerror(errno); }

/// Opens a file or a pipe to read it. Devices are refused: /dev/zero has no end.
int open_input(const fs::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ensure(file.open(), "cannot read \"{}\": {}; check the path", path.string(), last_problem());
  struct stat status {};
  const bool known = ::fstat(file.get(), &status) == 0;
  ensure(!(known && S_ISDIR(status.st_mode)),
         "cannot read \"{}\": expected a file, found a folder; name a file in it", path.string());
  ensure(!(known && (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))),
         "cannot read \"{}\": expected a file, found a device; copy what it holds to a file",
         path.string());
  return file.release();
}

void go_on() {}

/// Calls `consume(std::string_view)` with the file's content, piece by piece, and `pause` before each.
template <typename Consume>
void for_each_piece(const fs::path& path, Consume consume, void (*pause)() = throw_if_interrupted) {
  const Descriptor file(open_input(path));
  std::vector<char> buffer(kChunk);
  while (true) {
    pause();
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    ensure(count >= 0, "cannot read \"{}\": {}; check the disk", path.string(), last_problem());
    if (count == 0) return;
    consume(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
  }
}

/// What came through a pipe, which can be read only once. Before it is opened: to open a pipe again may wait for ever.
class PipeContents {
 public:
  static PipeContents& all() {
    static PipeContents contents;
    return contents;
  }

  std::shared_ptr<const std::string> of(const fs::path& path) {
    const std::lock_guard<std::mutex> guard(mutex_);
    std::shared_ptr<const std::string>& content = contents_[key(path)];
    if (!content) content = std::make_shared<const std::string>(read(path));
    return content;
  }

 private:
  using Key = std::tuple<dev_t, ino_t, std::string>;

  static Key key(const fs::path& path) {
    struct stat status {};
    ::stat(path.c_str(), &status);
    return {status.st_dev, status.st_ino, fs::absolute(path).lexically_normal().string()};
  }

  static std::string read(const fs::path& path) {
    GrowingText text(path.string());
    for_each_piece(path, [&](std::string_view piece) { text.add(piece); });
    return std::move(text).take();
  }

  std::mutex mutex_;
  std::map<Key, std::shared_ptr<const std::string>> contents_;
};

using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

/// SHA-256 of everything that `feed(update)` passes to `update(std::string_view)`.
template <typename Feed>
std::string digest(Feed feed) {
  const DigestContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const auto check = [](bool done) {
    if (!done) throw std::runtime_error("OpenSSL has no SHA-256");
  };
  check(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
  feed([&](std::string_view piece) {
    check(EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1);
  });
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  check(EVP_DigestFinal_ex(context.get(), bytes, &size) == 1);
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

}  // namespace

InputFile::InputFile(fs::path path) : path_(std::move(path)), descriptor_(-1) {
  if (is_pipe_or_device(path_)) {
    content_ = PipeContents::all().of(path_);  // which refuses devices
    size_ = content_->size();
    return;
  }
  descriptor_ = open_input(path_);
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0) size_ = static_cast<std::size_t>(status.st_size);
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      content_(std::move(other.content_)),
      size_(other.size_) {}

InputFile::~InputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<std::string_view> InputFile::in_memory() const {
  return content_ ? std::optional<std::string_view>(*content_) : std::nullopt;
}

void InputFile::read(std::size_t offset, void* to, std::size_t size) const {
  auto* bytes = static_cast<char*>(to);
  if (content_) {
    ensure(offset <= size_ && size <= size_ - offset, "{}: expected {} more bytes, found the end; write it again",
           path_.string(), size);
    std::copy_n(content_->data() + offset, size, bytes);
    return;
  }
  while (size > 0) {
    throw_if_interrupted();
    const ssize_t count = ::pread(descriptor_, bytes, std::min(size, kMostAtOnce), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    ensure(count >= 0, "cannot read \"{}\": {}; check the disk", path_.string(), last_problem());
    ensure(count > 0, "{}: expected {} more bytes, found the file's end; copy or save it again",
           path_.string(), size);
    const auto done = static_cast<std::size_t>(count);
    bytes += done;
    offset += done;
    size -= done;
  }
}

bool is_pipe_or_device(const fs::path& path) {
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

std::string read_file(const fs::path& path, std::size_t limit) {
  std::string content;
  for_each_piece(path, [&](std::string_view piece) {
    ensure(piece.size() <= limit - content.size(),
           "{}: expected a file of at most {} bytes, found a longer one; is it the right file?",
           path.string(), limit);
    content += piece;
  });
  return content;
}

void write_file(const fs::path& path, std::string_view content) { write_file(path, content, {}); }

void write_file(const fs::path& path, std::string_view head, std::string_view rest) {
  Replacement replacement(path);
  replacement.write(head);
  replacement.write(rest);
  replacement.replace();
}

std::string sha256(std::string_view bytes) {
  return digest([&](const auto& update) { update(bytes); });
}

std::string sha256_of_file(const fs::path& path) {
  return digest([&](const auto& update) { for_each_piece(path, update); });
}

std::string sha256_of_written(const fs::path& path) {
  return digest([&](const auto& update) { for_each_piece(path, update, go_on); });
}

}  // namespace deepmine
