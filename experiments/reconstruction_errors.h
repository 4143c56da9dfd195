#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/data/test_set.h"
#include "framework/detect/group_detector.h"
#include "framework/evaluate/pool_scans.h"

namespace deepmine {

/// Anomalous images of one attack: all that are classified wrong after it ("wrong", as the paper has
/// them), or of these those that were classified right before ("fooled").
struct AnomalousImages {
  std::string attack;  ///< canonical spec
  std::string kept;
  std::vector<PoolInput> inputs;

  InputSetRow row(const std::string& dataset) const {
    return attacked_inputs(dataset, attack, std::nullopt, kept, inputs);
  }
};

/// The baselines that autoencoder-scan compares with: an image's mean error and its largest, as scores of detectors
/// "mean-error" and "max-error". `errors` are [images x nodes], `dataset` is where the images come from.
std::vector<ScoredCell> error_baselines(MatrixView<float> errors, const std::string& dataset,
                                        const std::vector<PoolInput>& clean,
                                        const std::vector<AnomalousImages>& anomalous);

/// Where a run keeps its example images: [image, part, row, column], float32, parts as attacked, error, anomalous (1 or
/// 0).
std::filesystem::path example_file(const std::filesystem::path& artifacts, const std::string& run);

/// Writes [image, part, row, column] as float32: the images at `rows` of `images` [N,C,H,W], their
/// `errors` [N x nodes], and 1 for pixels in the subset of nodes that the exact individual Berk-Jones scan finds in
/// their `ranks`. Colours are averaged; a pixel is anomalous when one of its colours is.
void write_examples(const std::filesystem::path& file, const torch::Tensor& images,
                    MatrixView<float> errors, const NodeRanks& ranks,
                    const std::vector<std::int64_t>& rows);

}  // namespace deepmine
