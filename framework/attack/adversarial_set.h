#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
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
  std::int64_t target = 0;
  std::string made_by;     ///< code version, library and threads: other ones may round otherwise
};

/// The successful adversarial images of one target.
///
/// Source: deep-mining, section on the experiment's set-up: images already classified as the target
/// are left out before, failed attacks after. differs from it in: nothing.
struct AdversarialSet {
  torch::Tensor images;              ///< float32 [n_kept, C, H, W]
  std::vector<std::size_t> sources;  ///< the dataset's image each was made from
  std::int64_t n_candidates = 0;     ///< images attacked
  double success_rate = 0;           ///< kept / attacked
  double mean_l2 = 0;                ///< over the kept ones, pixel units of [0,1]
  double mean_linf = 0;
  std::filesystem::path file;        ///< all attacked images, float32, for the next run
  std::string sha256;                ///< of that file

  std::int64_t n_kept() const { return static_cast<std::int64_t>(sources.size()); }
};

/// Makes the set, or reads it from `folder` when the same order was carried out there for the same
/// weights, data and images. A damaged file is made again. `predicted` int64 [end - begin] are the
/// classes the classifier gives the clean images. Throws `Error` when there is nothing to attack or
/// no attack succeeds.
AdversarialSet adversarial_set(Classifier& classifier, const Dataset& data,
                               const torch::Tensor& predicted, const AttackOrder& order,
                               const std::filesystem::path& folder, Progress& progress);

}  // namespace deepmine
