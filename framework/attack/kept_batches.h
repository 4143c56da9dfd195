#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace deepmine {

/// The finished batches of an attack, one file each in a folder beside what it will write, so that an attack
/// killed at any moment goes on from there. A damaged batch, or one of another order, is made again.
class KeptBatches {
 public:
  struct Finished {
    torch::Tensor images;     ///< float32 [n,C,H,W]
    torch::Tensor first;      ///< the same shape, or undefined
    torch::Tensor gradients;  ///< int64 [n]
    torch::Tensor queries;    ///< int64 [n]
  };

  /// `order` is a text that differs wherever anything the images depend on differs.
  KeptBatches(std::filesystem::path folder, const std::string& order);

  /// Batch `number`, of images of `sizes` [n,C,H,W], if it is kept.
  std::optional<Finished> read(std::int64_t number, at::IntArrayRef sizes) const;
  /// Keeps a batch; it is on the disk when this returns. Throws `Error`.
  void write(std::int64_t number, const Finished& batch) const;
  /// Removes what was kept: the whole result is written elsewhere.
  void discard() const;

 private:
  std::filesystem::path file(std::int64_t number) const;

  std::filesystem::path folder_;
  std::string order_;  ///< its checksum
};

}  // namespace deepmine
