#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string_view>

#include "framework/data/dataset.h"

namespace deepmine {

/// The values of an idx file of unsigned bytes (the format of MNIST and its successors,
/// http://yann.lecun.com/exdb/mnist) with `axes` axes. Returns uint8 in the shape of the header.
/// Throws `Error` naming `name` when the magic number, the sizes or the length do not fit.
torch::Tensor parse_idx(std::string_view bytes, std::size_t axes, std::string_view name);

/// The same of a gzip-compressed file NAME.gz, which may unpack to 64 MiB, or where there is none of NAME; unpacked
/// content under the name of packed is read, too.
torch::Tensor read_idx(const std::filesystem::path& path, std::size_t axes);

/// The names of the four files in which MNIST and Fashion-MNIST come.
struct IdxFiles {
  std::string images, labels;
  static IdxFiles of(Part part);
};

/// Images [N,28,28] and labels [N] of one part in `folder`, checked against each other and against
/// `size`, the number of images published.
Dataset read_idx_dataset(std::string_view name, Part part, const std::filesystem::path& folder,
                         std::int64_t size, std::vector<std::string> class_names);

}  // namespace deepmine
