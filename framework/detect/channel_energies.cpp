#include "framework/detect/channel_energies.h"

#include <algorithm>
#include <cmath>

#include "framework/detect/rows.h"

namespace deepmine {
namespace {

constexpr double kLeastLength = 1e-12;

void to_unit_length(double* row, std::size_t size) {
  double square = 0;
  for (std::size_t j = 0; j < size; ++j) square += row[j] * row[j];
  const double length = std::sqrt(square);
  std::transform(row, row + size, row, [&](double value) { return length < kLeastLength ? 0 : value / length; });
}

/// Whether the values read of a layer are energies already: dense layers are kept whole.
bool comes_pooled(const Inputs& inputs, const ReadLayer& layer) {
  return !inputs.are_values() && !layer.features().empty() && inputs.shape(layer.name).size() > 1;
}

}  // namespace

void ChannelEnergies::Options::describe(Fields& fields) {
  hidden.describe(fields, "relevant-neurons");
  fields.add({"norm", &norm, "", "of a channel: squared for the sum of its squares, plain for the root of that",
              "relevant-neurons", {}, {"squared", "plain"}});
}

/// [N x units]
Matrix<double> ChannelEnergies::energies(const Inputs& inputs, const ReadLayer& layer) const {
  const torch::Tensor values = layer.rows(inputs);
  const MatrixView<double> rows = view_of<double>(values);
  const bool pooled = comes_pooled(inputs, layer);
  Matrix<double> result(rows.rows(), rows.cols());
  std::transform(rows.data(), rows.data() + rows.size(), result.data(), [&](double value) {
    const double square = pooled ? value : value * value;
    return options_.norm == "squared" ? square : std::sqrt(square);
  });
  return result;
}

Descriptors ChannelEnergies::of(const Inputs& inputs) const {
  const std::vector<ReadLayer> layers = options_.hidden.of(inputs, Pooling::kChannelEnergy);
  inputs.require(features_of(layers));
  Descriptors found;
  std::size_t units = 0;
  for (const ReadLayer& layer : layers) {
    found.sizes.push_back(static_cast<std::size_t>(layer.values(inputs).size(1)));
    units += found.sizes.back();
  }
  found.rows = Matrix<double>(static_cast<std::size_t>(inputs.size()), units);
  std::size_t first = 0;
  for (const ReadLayer& layer : layers) {
    const Matrix<double> part = energies(inputs, layer);
    for (std::size_t i = 0; i < part.rows(); ++i) {
      double* const row = std::copy_n(part.row(i), part.cols(), found.rows.row(i) + first) - part.cols();
      to_unit_length(row, part.cols());
    }
    first += part.cols();
  }
  return found;
}

}  // namespace deepmine
