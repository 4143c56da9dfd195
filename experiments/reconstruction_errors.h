#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/pool_scans.h"
#include "framework/activation/activations.h"
#include "framework/data/test_set.h"
#include "framework/scan/p_values.h"

namespace deepmine {

/// Noised images of one attack: all that are classified wrong after it ("wrong", as the paper has
/// them), or of these those that were classified right before ("fooled").
struct NoisedImages {
  std::string attack;  ///< canonical spec
  std::string kept;
  std::vector<PoolInput> inputs;
};

/// A cell of individual scans of clean images.
ScanCell individual_cell(const std::string& detector, const std::string& layer);

/// The baselines that autoencoder-scan compares with: an image's mean error and its largest, as scores of detectors
/// "mean-error" and "max-error". `errors` are [images x nodes].
std::vector<ScannedCell> error_baselines(const Activations& errors, const std::vector<PoolInput>& clean,
                                         const std::vector<NoisedImages>& noised);

/// Where a run keeps its example images: [image, part, row, column], float32, parts as noised, error, anomalous (1 or 0).
std::filesystem::path example_file(const std::filesystem::path& artifacts, const std::string& run);

/// Writes [image, part, row, column] as float32: the images at `rows` of `images` [N,C,H,W], their
/// `errors`, and 1 for pixels in the subset of nodes that the exact individual Berk-Jones scan finds.
/// Colours are averaged; a pixel is anomalous when one of its colours is.
void write_examples(const std::filesystem::path& file, const torch::Tensor& images,
                    const Activations& errors, const SortedBackground<float>& background,
                    const std::vector<std::int64_t>& rows);

}  // namespace deepmine
