#include "framework/evaluate/node_p_values.h"

#include <cmath>

#include "framework/core/array.h"
#include "framework/core/file.h"
#include "framework/core/folder.h"
#include "framework/evaluate/pool_scans.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

double column_mean(MatrixView<std::uint32_t> numerators, std::size_t node) {
  double sum = 0;
  for (std::size_t i = 0; i < numerators.rows(); ++i) sum += numerators(i, node);
  return sum / static_cast<double>(numerators.rows());
}

}  // namespace

fs::path node_p_value_file(const fs::path& artifacts, const std::string& run) {
  return artifacts / (run + "-node-p-values.npy");
}

Write node_p_values(const fs::path& file, MatrixView<std::uint32_t> clean, MatrixView<std::uint32_t> anomalous,
                    std::uint32_t denominator) {
  std::size_t node = 0;
  double widest = -1;
  for (std::size_t j = 0; j < clean.cols(); ++j) {
    const double apart = std::abs(column_mean(clean, j) - column_mean(anomalous, j));
    if (apart > widest) {
      widest = apart;
      node = j;
    }
  }
  std::vector<float> values;
  const auto add = [&](MatrixView<std::uint32_t> numerators, float label) {
    for (std::size_t i = 0; i < numerators.rows(); ++i) {
      values.push_back(label);
      values.push_back(static_cast<float>(numerators(i, node)) / static_cast<float>(denominator));
    }
  };
  add(clean, 0);
  add(anomalous, 1);
  make_folder(file.parent_path());
  write_array(file, Array{{values.size() / 2, 2}, values});
  const ArtifactRow row = artifact_row(file, sha256_of_file(file), "p-values at one node");
  return [row](UnitWriter& writer) { writer.add(row); };
}

}  // namespace deepmine
