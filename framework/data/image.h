#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace deepmine {

struct ImageSize {
  std::size_t height = 0, width = 0;
  bool operator==(const ImageSize& other) const { return height == other.height && width == other.width; }
};

/// One decoded image.
struct Image {
  ImageSize size;
  std::size_t channels = 1;          ///< 1 (grey) or 3 (red, green, blue)
  std::vector<std::uint8_t> pixels;  ///< [H,W,C]
};

/// What a PNG or JPEG file holds, told apart by how the bytes begin, not by a name. Values are those of the file, as
/// Pillow and torchvision give them, 8 bits each:
/// - grey of fewer bits is spread over 0 to 255, and 16 bits are scaled by 255 / 65535, rounded (Pillow cuts them off);
/// - a palette is looked up, RGB whatever its colours are;
/// - transparency is ignored, a pixel has the colour that stands in the file, as by Pillow's `convert("RGB")`;
/// - gamma, colour profiles and the orientation in Exif are ignored;
/// - of an animation the first picture counts.
///
/// Throws `Error` naming `name` for other formats, CMYK, damaged and truncated files, a size that is not `expected`,
/// more than 2^24 pixels, and a size that so few bytes cannot hold. The last three are found before memory is taken for
/// pixels: at most 10,000 pixels for each byte given.
Image decode_image(std::string_view bytes, std::string_view name, std::optional<ImageSize> expected = {});

/// For the decoders: throws `Error` as above for the size that a header claims.
void check_image_size(ImageSize claimed, std::string_view bytes, std::string_view name,
                      std::optional<ImageSize> expected);

}  // namespace deepmine
