#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "framework/data/dataset.h"
#include "framework/data/image_stack.h"

namespace deepmine {

/// The PNG and JPEG files (.png, .jpg, .jpeg in any case) in a folder and those within it, at most 16 deep, links
/// followed: sorted by the folder each lies in, then by its name, byte by byte, as torchvision's `ImageFolder` does
/// ("10.jpg" before "2.jpg"). Files of other kinds and hidden ones are left out. Throws `Error` where there are no
/// images, for images of a kind that is not read (.bmp, .gif, .tif, .webp, ...), and for a folder that cannot be read.
std::vector<std::filesystem::path> image_files(const std::filesystem::path& folder);

/// The folders in a folder that are not hidden, sorted by name. Throws `Error`.
std::vector<std::string> class_folders(const std::filesystem::path& folder);

/// All images of a folder, without labels.
Dataset read_unlabelled(Part part, const std::filesystem::path& folder, ImageChannels channels);

/// The images of each folder in `folder`, whose name is the name of their class; `classes` are all classes there may
/// be. Throws `Error` for another folder, one without images, and images that lie in none.
Dataset read_labelled(Part part, const std::filesystem::path& folder, std::vector<std::string> classes,
                      ImageChannels channels);

/// A test set that was published as `count` unlabelled images of 32 x 32, RGB. Throws `Error` for another number or
/// size.
Dataset read_published_images(std::string_view name, Part part, const std::filesystem::path& folder,
                              std::int64_t count);

}  // namespace deepmine
