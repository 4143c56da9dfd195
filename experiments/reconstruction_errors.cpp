#include "experiments/reconstruction_errors.h"

#include <algorithm>
#include <numeric>

#include "framework/core/array.h"
#include "framework/core/folder.h"
#include "framework/model/autoencoder.h"
#include "framework/scan/individual_scan.h"

namespace deepmine {
namespace {

double mean_error(MatrixView<float> errors, std::size_t row) {
  return std::accumulate(errors.row(row), errors.row(row) + errors.cols(), 0.0) /
         static_cast<double>(errors.cols());
}

double largest_error(MatrixView<float> errors, std::size_t row) {
  return *std::max_element(errors.row(row), errors.row(row) + errors.cols());
}

using ScoreOf = double (*)(MatrixView<float>, std::size_t);

std::vector<double> scores(const std::vector<PoolInput>& inputs, MatrixView<float> errors, ScoreOf score_of) {
  std::vector<double> found;
  for (const PoolInput& input : inputs) found.push_back(score_of(errors, input.row));
  return found;
}

/// 1 for each node that the individual scan returns for p-values `numerators` [1 x nodes].
std::vector<float> anomalous_nodes(MatrixView<std::uint32_t> numerators, std::uint32_t denominator) {
  const PValueMatrix p_values(numerators, denominator, AlphaGrid());
  const IndividualScore found = individual_scan(p_values, ScanStatistic::kBerkJones).front();
  std::vector<float> anomalous(numerators.cols());
  for (std::size_t j = 0; j < anomalous.size(); ++j) {
    const double p = static_cast<double>(numerators(0, j)) / denominator;
    anomalous[j] = found.alpha && p <= *found.alpha ? 1.0F : 0.0F;
  }
  return anomalous;
}

}  // namespace

std::vector<ScoredCell> error_baselines(MatrixView<float> errors, const std::string& dataset,
                                        const std::vector<PoolInput>& clean,
                                        const std::vector<AnomalousImages>& anomalous) {
  const std::pair<const char*, ScoreOf> baselines[] = {{"mean-error", mean_error}, {"max-error", largest_error}};
  std::vector<ScoredCell> cells;
  for (const auto& [detector, score_of] : baselines) {
    const ScoreCell cell{detector, Autoencoder::kError};
    cells.push_back({clean_inputs(dataset, clean), cell, {}, scores(clean, errors, score_of)});
    for (const AnomalousImages& images : anomalous) {
      cells.push_back({images.row(dataset), cell, {}, scores(images.inputs, errors, score_of)});
    }
  }
  return cells;
}

std::filesystem::path example_file(const std::filesystem::path& artifacts, const std::string& run) {
  return artifacts / (run + "-reconstruction-error.npy");
}

void write_examples(const std::filesystem::path& file, const torch::Tensor& images,
                    MatrixView<float> errors, const NodeRanks& ranks,
                    const std::vector<std::int64_t>& rows) {
  const std::int64_t channels = images.size(1), height = images.size(2), width = images.size(3);
  const auto plane = [&](const float* values) {
    return torch::from_blob(const_cast<float*>(values), {channels, height * width}, torch::kFloat32);
  };
  std::vector<torch::Tensor> parts;
  for (const std::int64_t row : rows) {
    const float* error = errors.row(static_cast<std::size_t>(row));
    const std::vector<float> found = anomalous_nodes(ranks.rows(static_cast<std::size_t>(row), 1), ranks.denominator);
    const torch::Tensor image = images[row].contiguous();
    parts.push_back(torch::stack({plane(image.data_ptr<float>()).mean(0), plane(error).mean(0),
                                  plane(found.data()).amax(0)}));
  }
  const torch::Tensor all = torch::stack(parts).contiguous();
  const float* values = all.data_ptr<float>();
  if (file.has_parent_path()) make_folder(file.parent_path());
  write_array(file, Array{{rows.size(), 3, static_cast<std::size_t>(height), static_cast<std::size_t>(width)},
                          std::vector<float>(values, values + all.numel())});
}

}  // namespace deepmine
