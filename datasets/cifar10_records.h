#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace deepmine {

/// A label byte and the R, G and B planes of 32 x 32 pixels.
constexpr std::int64_t kCifar10Record = 1 + 3 * 32 * 32;

struct Cifar10Records {
  torch::Tensor images;  ///< uint8 [N,3,32,32]
  torch::Tensor labels;  ///< int64 [N], 0 to 9
};

/// `count` records of the binary version of CIFAR-10. Throws `Error` naming `name` for another number of bytes, a
/// label that is no class, and bytes whose SHA-256 is not `sha256`, unless that is empty.
Cifar10Records parse_cifar10(std::string_view bytes, std::int64_t count, std::string_view sha256,
                             std::string_view name);

/// The checksum of `file` in the text of a `SHA256SUMS`; empty where it is not listed.
std::string cifar10_checksum(std::string_view list, std::string_view file);

}  // namespace deepmine
