#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace deepmine {

/// What the bytes of a gzip file unpack to, at most `limit` bytes; several gzip members follow one
/// another. Throws `Error` naming `name` when the stream is damaged, truncated or unpacks to more.
std::string gunzip(std::string_view packed, std::size_t limit, std::string_view name);

/// The same of a file.
std::string read_gzip(const std::filesystem::path& path, std::size_t limit);

}  // namespace deepmine
