#pragma once

#include <filesystem>

namespace deepmine {

/// Makes a folder, and those it is in, unless it is there. Throws `Error`.
void make_folder(const std::filesystem::path& path);

}  // namespace deepmine
