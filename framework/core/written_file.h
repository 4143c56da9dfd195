#pragma once

#include <filesystem>
#include <string>

namespace deepmine {

/// SHA-256 of a file that this process has just written. Other reads throw `Interrupted`; an interrupt does not stop this
/// one, as what is finished would be made again.
std::string sha256_of_written(const std::filesystem::path& path);

}  // namespace deepmine
