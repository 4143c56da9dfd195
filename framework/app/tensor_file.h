#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>

#include "framework/core/array.h"

namespace deepmine {

/// Images float32 [N,C,H,W] from a file of any type of numbers, `.npy` or `.npz`. Throws `Error` naming the file for
/// other shapes, values outside [0,1] (finite ones pass with `any_range`) and bytes not yet scaled.
torch::Tensor read_images(const std::filesystem::path& file, bool any_range = false);

/// The bytes that the images of a file take as float32, by its header. Throws `Error` where that alone says that they are
/// none.
std::uint64_t image_bytes(const std::filesystem::path& file);
/// What reading images takes at most, of such bytes: the file, its values as they are, as float32 and as a tensor.
constexpr std::uint64_t reading_memory(std::uint64_t images) { return 4 * images; }

/// Classes int64 [count] from a file, one for each image. Throws `Error`.
torch::Tensor read_classes(const std::filesystem::path& file, std::int64_t count, const CsvLayout& csv = {});

/// float32 of any shape, in C order.
Array array_of(const torch::Tensor& tensor);

}  // namespace deepmine
