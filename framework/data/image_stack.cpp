#include "framework/data/image_stack.h"

#include <cassert>

#include "framework/core/file.h"
#include "framework/core/interrupt.h"
#include "framework/core/memory.h"

namespace deepmine {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 26;

/// Of red, green and blue, in 65536ths.
constexpr std::uint32_t kLuma[] = {19595, 38470, 7471};

std::uint8_t luma(const std::uint8_t* pixel) {
  return static_cast<std::uint8_t>((kLuma[0] * pixel[0] + kLuma[1] * pixel[1] + kLuma[2] * pixel[2] + 0x8000) >> 16);
}

/// Copies an image to [C,H,W] with `channels` channels.
void copy_planes(const Image& image, std::size_t channels, std::uint8_t* to) {
  const std::size_t area = image.size.height * image.size.width;
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t i = 0; i < area; ++i) {
      const std::uint8_t* pixel = image.pixels.data() + i * image.channels;
      *to++ = channels == image.channels ? pixel[c] : image.channels == 1 ? pixel[0] : luma(pixel);
    }
  }
}

}  // namespace

void ImageStack::add(std::string_view bytes, std::string_view name) {
  std::optional<ImageSize> expected;
  if (size_ > 0) {
    expected = ImageSize{static_cast<std::size_t>(images_.size(2)), static_cast<std::size_t>(images_.size(3))};
  }
  const Image image = decode_image(bytes, name, expected);
  if (size_ == 0) begin(image);
  if (becomes_colour(image)) images_ = images_.expand({-1, 3, -1, -1}).contiguous();
  const auto channels = static_cast<std::size_t>(images_.size(1));
  const std::size_t place = size_++ * channels * image.size.height * image.size.width;
  assert(size_ <= count_);
  copy_planes(image, channels, images_.data_ptr<std::uint8_t>() + place);
}

torch::Tensor ImageStack::take() && {
  assert(size_ == count_ && count_ > 0);
  return std::move(images_);
}

void ImageStack::begin(const Image& first) {
  const bool grey = channels_ == ImageChannels::kGrey || (channels_ == ImageChannels::kAsFound && first.channels == 1);
  const std::size_t area = first.size.height * first.size.width;
  ensure_memory(held_memory() + count_ * area * (grey ? 1 : 3), "give fewer or smaller images");
  images_ = torch::empty({static_cast<std::int64_t>(count_), grey ? 1 : 3, static_cast<std::int64_t>(first.size.height),
                          static_cast<std::int64_t>(first.size.width)},
                         torch::kUInt8);
}

/// Whether the first image with colours comes after grey ones.
bool ImageStack::becomes_colour(const Image& image) const {
  if (channels_ != ImageChannels::kAsFound || image.channels == 1 || images_.size(1) == 3) return false;
  ensure_memory(held_memory() + 3 * images_.nbytes(), "give fewer or smaller images");
  return true;
}

torch::Tensor read_images(const std::vector<std::filesystem::path>& files, ImageChannels channels) {
  ImageStack stack(files.size(), channels);
  for (const std::filesystem::path& file : files) {
    throw_if_interrupted();
    stack.add(read_file(file, kLargestFile), file.string());
  }
  return std::move(stack).take();
}

}  // namespace deepmine
