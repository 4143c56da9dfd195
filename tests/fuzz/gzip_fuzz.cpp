#include "framework/core/gzip.h"

#include <zlib.h>

#include "framework/core/error.h"
#include "tests/fuzz/fuzz.h"

using namespace deepmine;

namespace {

constexpr std::size_t kLimit = std::size_t{1} << 18;

/// `content` in gzip's format, in one stored or deflated block.
std::string packed(std::string_view content) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  must(::deflateInit2(&stream, static_cast<int>(content.size() % 10), Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) ==
       Z_OK);
  std::string result(::deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  must(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  result.resize(stream.total_out);
  ::deflateEnd(&stream);
  return result;
}

}  // namespace

/// A file unpacks to no more than was allowed, and what was packed comes out again, also twice over.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    if (bytes.substr(0, 2) == "\x1f\x8b") {
      must(gunzip(bytes, kLimit, "input").size() <= kLimit);
    } else {
      const std::string member = packed(bytes);
      must(gunzip(member, size, "input") == bytes);
      must(gunzip(member + member, 2 * size, "input").size() == 2 * size);
    }
  } catch (const Error&) {  // what a user is told
  }
  return 0;
}
