#include "framework/data/image.h"

#include "framework/core/error.h"
#include "framework/data/jpeg.h"
#include "framework/data/png.h"

namespace deepmine {
namespace {

constexpr std::size_t kMostPixels = std::size_t{1} << 24;

/// Deflate packs up to 1032 bytes into one, and a byte of a PNG holds up to 8 pixels.
constexpr std::size_t kMostPixelsPerByte = 10000;

}  // namespace

Image decode_image(std::string_view bytes, std::string_view name, std::optional<ImageSize> expected) {
  if (bytes.substr(0, 4) == "\x89PNG") return decode_png(bytes, name, expected);
  ensure(bytes.substr(0, 3) == "\xff\xd8\xff", "{}: expected a PNG or JPEG image, found {}; convert it", name,
         bytes.empty() ? "an empty file" : "another format");
  return decode_jpeg(bytes, name, expected);
}

void check_image_size(ImageSize claimed, std::string_view bytes, std::string_view name,
                      std::optional<ImageSize> expected) {
  ensure(
      !expected || claimed == *expected,
      "{}: expected an image of {} x {} (height x width), as the others are, found {} x {}; resize it or take it away",
      name, expected.value_or(claimed).height, expected.value_or(claimed).width, claimed.height, claimed.width);
  ensure(claimed.height > 0 && claimed.width <= kMostPixels / claimed.height,
         "{}: expected an image of at most {} pixels, found {} x {}; resize it", name, kMostPixels, claimed.height,
         claimed.width);
  ensure(claimed.height * claimed.width / kMostPixelsPerByte <= bytes.size(),
         "{}: expected as many bytes as {} x {} pixels take, found {}; the file is damaged", name, claimed.height,
         claimed.width, bytes.size());
}

}  // namespace deepmine
