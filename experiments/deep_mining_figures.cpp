#include "experiments/deep_mining_figures.h"

#include <fmt/format.h>

#include <map>

#include "experiments/node_p_values.h"
#include "experiments/run_tables.h"
#include "experiments/score_plots.h"

namespace deepmine {
namespace {

std::vector<double> clean_scores(Database& database, const std::string& run) {
  Statement row = database.prepare("SELECT cell FROM scan_cell WHERE run = ?1 AND kind = 'null'");
  row.bind(run);
  return row.step() ? scores_of(database, row.integer(0)) : std::vector<double>();
}

/// The scores of all single targets' test sets, by share.
std::map<double, std::vector<double>> noised_scores(Database& database, const std::string& run) {
  Statement rows = database.prepare(
      "SELECT noised_fraction, cell FROM scan_cell WHERE run = ?1 AND kind = 'mixed' AND target <> 'All'"
      " ORDER BY cell");
  rows.bind(run);
  std::map<double, std::vector<double>> result;
  while (rows.step()) {
    const auto scores = scores_of(database, rows.integer(1));
    auto& all = result[rows.real(0)];
    all.insert(all.end(), scores.begin(), scores.end());
  }
  return result;
}

Figure score_figure(Database& database, const std::string& run) {
  Figure figure{"scores", "Scores of clean and of noised test sets, and their ROC curves", 1150, 520, {}};
  const auto clean = clean_scores(database, run);
  std::vector<ScoreCurve> curves;
  for (const auto& [share, scores] : noised_scores(database, run)) {
    curves.push_back({fmt::format("{:g} % noised", 100 * share), curves.size() + 1, scores});
  }
  std::vector<ScoreCurve> all{{"clean", 0, clean}};
  all.insert(all.end(), curves.begin(), curves.end());
  figure.program =
      "set multiplot layout 1,2 title 'Test sets of all single targets'\nset tmargin 3\n"
      "set title 'Scores'\nset xlabel 'score of a test set (Berk-Jones)'\nset ylabel 'density'\n"
      "set format y '%.1e'\nset key top right samplen 3\nset autoscale yfixmax\n" +
      density_plot(all, "s", true) +
      "set format y '%g'\nset title 'ROC (area under the curve)'\nset key bottom right samplen 3\n" +
      roc_plot(curves, clean, "r") + "unset multiplot\n";
  return figure;
}

}  // namespace

std::vector<Figure> deep_mining_figures(Database& database, const std::string& run,
                                        const std::filesystem::path& artifacts) {
  std::vector<Figure> figures = node_p_value_figures(node_p_value_file(artifacts, run),
                                                     parameter(database, run, "layer"));
  figures.push_back(score_figure(database, run));
  return figures;
}

}  // namespace deepmine
