#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "framework/core/array.h"
#include "framework/model/pixel_range.h"

namespace deepmine {

/// What `--range` is, for the help of commands that have it.
constexpr const char* kRangeHelp = "the pixels that the images have and the model takes, instead of [0,1]";

/// Images from a file, brought to [0,1], float32 [N,C,H,W].
struct ImageFile {
  torch::Tensor images;
  std::vector<std::string> warnings;  ///< what is doubtful about their range
};

/// Images of `range` from a file of any type of numbers, `.npy` or `.npz`; bytes count as they are. Throws `Error`
/// naming the file for other shapes, bytes that are to be scaled, and what `unit_images` refuses.
ImageFile read_images(const std::filesystem::path& file, const PixelRange& range, Outside outside = Outside::kRefused);

/// The bytes that the images of a file take as float32, by its header. Throws `Error` where that alone says that they
/// are none.
std::uint64_t image_bytes(const std::filesystem::path& file);
/// What reading images takes at most, of such bytes: the file, its values as they are, as float32 and as a tensor.
constexpr std::uint64_t reading_memory(std::uint64_t images) { return 4 * images; }

/// Classes int64 [count] from a file, one for each image. Throws `Error`.
torch::Tensor read_classes(const std::filesystem::path& file, std::int64_t count, const CsvLayout& csv = {});

/// float32 of any shape, in C order.
Array array_of(const torch::Tensor& tensor);

}  // namespace deepmine
