#include "framework/core/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "framework/core/error.h"
#include "framework/core/file.h"

namespace deepmine {
namespace {

/// Packing makes content longer by less than this: file names and the frames of stored blocks.
constexpr std::size_t kLargestOverhead = std::size_t{1} << 20;

/// Unpacks one gzip file from memory.
class Inflation {
 public:
  Inflation(std::string_view packed, std::size_t limit, std::string_view name)
      : rest_(packed), limit_(limit), name_(name), buffer_(std::size_t{1} << 16) {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (::inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;
  ~Inflation() { ::inflateEnd(&stream_); }

  std::string content() {
    bool member_ended = false;
    do {
      if (member_ended) ::inflateReset(&stream_);  // gzip files may follow one another
      member_ended = unpack_piece();
    } while (!member_ended || !rest_.empty());
    return std::move(content_);
  }

 private:
  /// Appends what one stretch of input unpacks to; true at the end of a gzip member.
  bool unpack_piece() {
    const std::size_t offered = std::min(rest_.size(), std::size_t{1} << 30);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest_.data()));
    stream_.avail_in = static_cast<uInt>(offered);
    stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
    stream_.avail_out = static_cast<uInt>(buffer_.size());
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    ensure(status == Z_OK || status == Z_STREAM_END,
           "{}: expected a complete gzip file, found one that is damaged or truncated after {} "
           "bytes of content; fetch it again",
           name_, content_.size());
    const std::size_t found = buffer_.size() - stream_.avail_out;
    ensure(found <= limit_ - content_.size(),
           "{}: expected at most {} bytes of content, found more; fetch it again", name_, limit_);
    content_.append(buffer_.data(), found);
    rest_.remove_prefix(offered - stream_.avail_in);
    return status == Z_STREAM_END;
  }

  std::string_view rest_;
  std::size_t limit_;
  std::string_view name_;
  std::vector<char> buffer_;
  z_stream stream_{};
  std::string content_;
};

}  // namespace

std::string gunzip(std::string_view packed, std::size_t limit, std::string_view name) {
  return Inflation(packed, limit, name).content();
}

std::string read_gzip(const std::filesystem::path& path, std::size_t limit) {
  return gunzip(read_file(path, limit + kLargestOverhead), limit, path.string());
}

}  // namespace deepmine
