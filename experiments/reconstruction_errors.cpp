#include "experiments/reconstruction_errors.h"

#include <algorithm>
#include <numeric>

#include "framework/core/array.h"
#include "framework/core/folder.h"
#include "framework/model/autoencoder.h"
#include "framework/scan/individual_scan.h"

namespace deepmine {
namespace {

double mean_error(const Activations& errors, std::size_t row) {
  return std::accumulate(errors.row(row), errors.row(row) + errors.cols(), 0.0) /
         static_cast<double>(errors.cols());
}

double largest_error(const Activations& errors, std::size_t row) {
  return *std::max_element(errors.row(row), errors.row(row) + errors.cols());
}

using ScoreOf = double (*)(const Activations&, std::size_t);

ScannedCell scored(const ScanCell& cell, const std::vector<PoolInput>& inputs, const Activations& errors, ScoreOf score_of) {
  ScannedCell scanned{cell, {}};
  for (const PoolInput& input : inputs) {
    ScanRow row;
    row.item = static_cast<std::int64_t>(input.source);
    row.score = score_of(errors, input.row);
    row.n_selected = 1;
    row.n_selected_noised = cell.n_noised;
    row.n_nodes = static_cast<std::int64_t>(errors.cols());
    scanned.rows.push_back(row);
  }
  return scanned;
}

/// 1 for each node that the individual scan returns for p-values `numerators` [1 x nodes].
std::vector<float> anomalous_nodes(const Matrix<std::uint32_t>& numerators, std::uint32_t denominator) {
  const PValueMatrix p_values(numerators.view(), denominator, AlphaGrid());
  const IndividualScore found = individual_scan(p_values, ScanStatistic::kBerkJones).front();
  std::vector<float> anomalous(numerators.cols());
  for (std::size_t j = 0; j < anomalous.size(); ++j) {
    const double p = static_cast<double>(numerators(0, j)) / denominator;
    anomalous[j] = found.alpha && p <= *found.alpha ? 1.0F : 0.0F;
  }
  return anomalous;
}

}  // namespace

ScanCell individual_cell(const std::string& detector, const std::string& layer) {
  ScanCell cell;
  cell.detector = detector;
  cell.layer = layer;
  cell.kind = "individual";
  cell.n_inputs = 1;
  return cell;
}

std::vector<ScannedCell> error_baselines(const Activations& errors, const std::vector<PoolInput>& clean,
                                         const std::vector<NoisedImages>& noised) {
  const std::pair<const char*, ScoreOf> baselines[] = {{"mean-error", mean_error}, {"max-error", largest_error}};
  std::vector<ScannedCell> cells;
  for (const auto& [detector, score_of] : baselines) {
    ScanCell cell = individual_cell(detector, Autoencoder::kError);
    cells.push_back(scored(cell, clean, errors, score_of));
    cell.n_noised = 1;
    for (const NoisedImages& images : noised) {
      cell.attack = images.attack;
      cell.target = images.kept;
      cells.push_back(scored(cell, images.inputs, errors, score_of));
    }
  }
  return cells;
}

std::filesystem::path example_file(const std::filesystem::path& artifacts, const std::string& run) {
  return artifacts / (run + "-reconstruction-error.npy");
}

void write_examples(const std::filesystem::path& file, const torch::Tensor& images,
                    const Activations& errors, const SortedBackground<float>& background,
                    const std::vector<std::int64_t>& rows) {
  const std::int64_t channels = images.size(1), height = images.size(2), width = images.size(3);
  const auto plane = [&](const float* values) {
    return torch::from_blob(const_cast<float*>(values), {channels, height * width}, torch::kFloat32);
  };
  std::vector<torch::Tensor> parts;
  for (const std::int64_t row : rows) {
    const float* error = errors.row(static_cast<std::size_t>(row));
    const auto numerators = background.numerators({error, 1, errors.cols()}, PValueEnd::kUpper, 1);
    const std::vector<float> found = anomalous_nodes(numerators, background.denominator());
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
