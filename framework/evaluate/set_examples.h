#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "framework/activation/inputs.h"
#include "framework/core/array.h"
#include "framework/core/matrix.h"
#include "framework/run/rows.h"

namespace deepmine {

/// The first inputs of a set that was scored, as figures show them.
struct SetExamples {
  static constexpr std::int64_t kMost = 1000;  ///< inputs of which features are kept
  static constexpr std::int64_t kImages = 8;   ///< inputs that are kept as images

  std::vector<std::size_t> shape;       ///< of `images`: [n,C,H,W], n at most kImages
  std::vector<float> images;            ///< in [0,1]
  std::vector<std::int64_t> predicted;  ///< [m], m at most kMost; none where no features were kept
  Matrix<double> layer, logits;         ///< [m x d] each
};

/// Where a run keeps the examples of one of its sets.
std::filesystem::path set_example_file(const std::filesystem::path& artifacts, const std::string& run,
                                       const std::string& set);

/// Keeps the examples of `inputs`, which are images, at most kMost; their features only where a layer is named.
ArtifactRow keep_set_examples(const std::filesystem::path& file, const Inputs& inputs,
                              const std::optional<Feature>& layer);

/// What `keep_set_examples` kept; none without the file. Throws `Error` for a file that is something else.
std::optional<SetExamples> kept_set_examples(const std::filesystem::path& file);

}  // namespace deepmine
