#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "framework/attack/attack.h"
#include "framework/core/progress.h"
#include "framework/data/dataset.h"

namespace deepmine {

/// Which images are attacked, how, and towards what.
struct AttackOrder {
  std::string attack;      ///< canonical spec
  std::int64_t begin = 0;  ///< images begin to end (excluded) of the dataset
  std::int64_t end = 0;
  std::optional<std::int64_t> target = {};  ///< none: away from the class the clean image is given
  std::string made_by;     ///< sources and library: other ones may round otherwise
  int threads = 1;         ///< batches attacked at once, on which no image depends
};

/// Attacked images, whatever came of it.
struct AttackedImages {
  torch::Tensor images;        ///< float32 [n, C, H, W]
  std::filesystem::path file;  ///< which holds them, float32, for the next run
  std::string sha256;          ///< of that file
};

/// Carries out the order on the images at `rows` int64 [n], counted from the order's first, or reads what
/// became of them from `folder` when the same order was carried out there for the same weights, data and
/// images. A damaged file is made again.
AttackedImages attacked_images(Classifier& classifier, const Dataset& data, const AttackOrder& order,
                               const torch::Tensor& rows, const Goal& goal,
                               const std::filesystem::path& folder, Progress& progress);

/// Those of attacked images that are kept.
struct AdversarialSet {
  torch::Tensor rows;                ///< int64 [n_kept], of the attacked images
  std::vector<std::size_t> sources;  ///< the dataset's image each was made from
  std::int64_t n_candidates = 0;     ///< images that could have been kept
  double success_rate = 0;           ///< kept / candidates
  std::optional<double> mean_l2;     ///< over the kept ones, pixel units of [0,1]; none where none is kept
  std::optional<double> mean_linf;
  std::filesystem::path file;        ///< all attacked images, float32, for the next run
  std::string sha256;                ///< of that file

  std::int64_t n_kept() const { return static_cast<std::int64_t>(sources.size()); }
};

/// Of attacked images, and what became of them, those that `kept` bool [n] says; `sources` int64 [n] are the dataset's
/// images they were made from.
AdversarialSet kept_images(const AttackedImages& made, const AttackResult& result, const torch::Tensor& kept,
                           std::int64_t n_candidates, const torch::Tensor& sources);

/// The images of an order with a target that are attacked, int64 [n], counted from the order's first; `predicted` int64
/// [end - begin] are the classes the classifier gives the clean images. Throws `Error` when there is nothing to attack.
///
/// Source: deep-mining, section on the experiment's set-up: images already classified as the target are left out
/// before, failed attacks after.
torch::Tensor attackable(const AttackOrder& order, const torch::Tensor& predicted);

/// The successful ones of `made`, what became of the images at `rows`, to which the classifier now gives the classes
/// `predicted` int64 [n]. Throws `Error` when no attack succeeds.
AdversarialSet successful_images(const Dataset& data, const AttackOrder& order, const torch::Tensor& rows,
                                 const AttackedImages& made, const torch::Tensor& predicted);

}  // namespace deepmine
