#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string_view>
#include <vector>

#include "framework/data/image.h"

namespace deepmine {

/// How many channels images get. Grey becomes colour by repetition, colour grey by its luma after ITU-R 601, as in
/// Pillow.
enum class ImageChannels { kAsFound, kGrey, kColour };

/// Images of one size, one after another, for a dataset.
class ImageStack {
 public:
  /// `count` images will be added. As found: 1 channel when all are grey, else 3.
  ImageStack(std::size_t count, ImageChannels channels) : count_(count), channels_(channels) {}

  /// Decodes one more. Throws `Error` as `decode_image`, also for another size than the first image has, and when the
  /// memory does not hold them all.
  void add(std::string_view bytes, std::string_view name);
  /// uint8 [N,C,H,W] of all `count`.
  torch::Tensor take() &&;

 private:
  void begin(const Image& first);
  bool becomes_colour(const Image& image) const;

  std::size_t count_;
  ImageChannels channels_;
  std::size_t size_ = 0;
  torch::Tensor images_;
};

/// The images in files of PNG and JPEG, in this order, uint8 [N,C,H,W]. Throws `Error` naming the file, and
/// `Interrupted`.
torch::Tensor read_images(const std::vector<std::filesystem::path>& files, ImageChannels channels);

}  // namespace deepmine
