#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace deepmine {

/// The R, G and B planes of 32 x 32 pixels.
constexpr std::int64_t kCifarPixels = 3 * 32 * 32;

/// What the records of a file in CIFAR's binary form hold before their pixels.
struct CifarForm {
  std::int64_t label_bytes = 1;  ///< the last of them counts: CIFAR-100's are coarse and fine
  std::int64_t classes = 10;

  std::int64_t record() const { return label_bytes + kCifarPixels; }
};

struct CifarRecords {
  torch::Tensor images;  ///< uint8 [N,3,32,32]
  torch::Tensor labels;  ///< int64 [N], 0 to classes - 1
};

/// `count` records. Throws `Error` naming `name` for another number of bytes, a label that is no class, and bytes whose
/// SHA-256 is not `sha256`, unless that is empty.
CifarRecords parse_cifar(std::string_view bytes, std::int64_t count, const CifarForm& form, std::string_view sha256,
                         std::string_view name);

/// The same of a file, whose size is checked before it is read; `sha256` may be empty.
CifarRecords read_cifar(const std::filesystem::path& file, std::int64_t count, const CifarForm& form,
                        std::string_view sha256);

/// The checksum of `file` in the text of a `SHA256SUMS`; empty where it is not listed.
std::string cifar_checksum(std::string_view list, std::string_view file);
/// The same of the `SHA256SUMS` in its folder; empty where there is none.
std::string listed_checksum(const std::filesystem::path& file);

}  // namespace deepmine
