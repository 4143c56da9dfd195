#include "framework/evaluate/node_p_value_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "framework/core/array.h"

namespace deepmine {
namespace fs = std::filesystem;

std::vector<Figure> node_p_value_figures(const fs::path& file, const std::string& layer) {
  constexpr std::size_t kBins = 20;
  if (!fs::exists(file)) return {};
  const Array array = read_array(file);
  if (array.shape.size() != 2 || array.shape[1] != 2) return {};
  const auto values = values_as<float>(array, file.string());
  std::array<std::array<double, kBins>, 2> bins{};
  std::array<double, 2> inputs{};
  for (std::size_t i = 0; i < array.shape[0]; ++i) {
    const std::size_t anomalous = values[2 * i] > 0 ? 1 : 0;
    const auto bin = static_cast<std::size_t>(static_cast<double>(values[2 * i + 1]) * kBins);
    bins.at(anomalous).at(std::min(bin, kBins - 1)) += 1;
    inputs.at(anomalous) += 1;
  }
  Figure figure{"p-values", "P-values of clean and of anomalous inputs at one node", 900, 420, {}};
  for (std::size_t anomalous = 0; anomalous < 2; ++anomalous) {
    figure.program += fmt::format("$p{} << EOD\n", anomalous);
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      figure.program += fmt::format("{:.4f} {:.5f}\n", (static_cast<double>(bin) + 0.5) / kBins,
                                    bins.at(anomalous).at(bin) / std::max(1.0, inputs.at(anomalous)));
    }
    figure.program += "EOD\n";
  }
  figure.program += fmt::format(
      "set multiplot layout 1,2 title {} noenhanced\nset tmargin 3\nset style fill solid 0.7 border lc rgb '#ffffff'\n"
      "set boxwidth {}\nset xrange [0:1]\nset xlabel 'p-value'\nset ylabel 'share of the inputs'\n",
      quoted("P-values at the node of " + layer + " where clean and anomalous inputs differ most"), 1.0 / kBins);
  for (std::size_t anomalous = 0; anomalous < 2; ++anomalous) {
    figure.program += fmt::format(
        "set title '{} inputs'\nset yrange [0:*]\nplot $p{} with boxes lc rgb '{}', {} with lines lw 1 dt 2 lc rgb "
        "'#444444' title 'uniform'\n",
        anomalous == 1 ? "anomalous" : "clean", anomalous, colour(anomalous), 1.0 / kBins);
  }
  figure.program += "unset multiplot\n";
  return {figure};
}

}  // namespace deepmine
