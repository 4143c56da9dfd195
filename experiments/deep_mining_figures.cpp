#include "experiments/deep_mining_figures.h"

#include <fmt/ranges.h>

#include <functional>
#include <map>
#include <optional>

#include "experiments/deep_mining_cells.h"
#include "framework/evaluate/cell_scores.h"
#include "framework/evaluate/node_p_value_figures.h"
#include "framework/evaluate/node_p_values.h"
#include "framework/evaluate/parameter.h"
#include "framework/evaluate/score_plots.h"

namespace deepmine {
namespace {

std::vector<double> clean_scores(Database& database, const std::string& run) {
  Statement row = database.prepare("SELECT cell FROM cell WHERE run = ?1 AND kind = 'null'");
  row.bind(run);
  return row.step() ? scores_of(database, row.integer(0)) : std::vector<double>();
}

/// The scores of all single targets' test sets, by share.
std::map<double, std::vector<double>> anomalous_scores(Database& database, const std::string& run) {
  Statement rows = database.prepare(
      "SELECT anomalous_fraction, cell FROM cell WHERE run = ?1 AND kind = 'mixed' AND target <> 'All'"
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

/// For gnuplot: the scores of one run's test sets, and their ROC curves.
struct ScorePanels {
  std::string densities, roc;
};

ScorePanels panels(Database& database, const DeepMiningCells& run, std::size_t number) {
  const auto clean = clean_scores(database, run.run());
  std::vector<ScoreCurve> curves;
  for (const auto& [share, scores] : anomalous_scores(database, run.run())) {
    curves.push_back({fmt::format("{:g} % anomalous", 100 * share), curves.size() + 1, scores});
  }
  std::vector<ScoreCurve> all{{"clean", 0, clean}};
  all.insert(all.end(), curves.begin(), curves.end());
  return {fmt::format("set title {}\n", quoted(run.label() + ": scores of test sets (Berk-Jones)")) +
              density_plot(all, fmt::format("s{}", number), true),
          fmt::format("set title {}\n", quoted(run.label() + ": ROC (area under the curve)")) +
              roc_plot(curves, clean, fmt::format("r{}", number))};
}

Figure score_figure(Database& database, const std::vector<DeepMiningCells>& runs) {
  Figure figure{"scores", "Scores of clean and of anomalous test sets, and their ROC curves", 0, 940, {}};
  figure.width = 120 + 520 * static_cast<int>(runs.size());
  std::string roc;
  figure.program = fmt::format(
      "set multiplot layout 2,{}\nset tmargin 3\nset ylabel 'density'\nset format y '%.1e'\nset format x '%.0s%c'\n"
      "set key top right samplen 3\nset autoscale yfixmax\n",
      runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const ScorePanels found = panels(database, runs[i], i);
    figure.program += found.densities;
    roc += found.roc;
  }
  figure.program += "set format '%g'\nset key bottom right samplen 3\n" + roc + "unset multiplot\n";
  return figure;
}

/// A line of the figure of detection power: a value for each share.
struct PowerLine {
  std::string name, style;
  std::function<std::optional<double>(const std::string& column)> value;
};

std::string power_panel(const std::string& title, const std::vector<std::string>& columns,
                        const std::vector<PowerLine>& lines, const std::string& block) {
  std::string program, plot;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string name = fmt::format("${}_{}", block, i);
    program += name + " << EOD\n";
    for (const std::string& column : columns) {
      if (const auto value = lines[i].value(column)) program += fmt::format("{} {:.4f}\n", column, *value);
    }
    program += "EOD\n";
    plot += fmt::format("{}{} with linespoints {} title {}", i > 0 ? ", \\\n  " : "plot ", name, lines[i].style,
                        quoted(lines[i].name));
  }
  return program + fmt::format("set title {}\n{}\n", quoted(title), plot);
}

Figure power_figure(const std::vector<DeepMiningCells>& runs) {
  const DeepMiningCells& leading = runs.front();
  const std::vector<std::string>& columns = leading.columns();
  std::vector<PowerLine> one, all;
  const std::string published = "lw 2 dt 2 pt 6 lc rgb '#555555'";
  if (!columns.empty() && leading.published_mean(columns.front(), "auroc")) {
    one.push_back(
        {"published", published, [&](const auto& column) { return leading.published_mean(column, "auroc"); }});
    all.push_back(
        {"published", published, [&](const auto& column) { return leading.at("All", column, "auroc").published; }});
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::string style = fmt::format("lw 2 pt 7 ps 0.7 lc rgb '{}'", colour(i));
    one.push_back({runs[i].label(), style,
                   [&runs, i](const auto& column) { return std::optional(runs[i].mean(column, "auroc")); }});
    all.push_back(
        {runs[i].label(), style, [&runs, i](const auto& column) { return runs[i].at("All", column, "auroc").ours; }});
  }
  Figure figure{"power", "How well test sets with few anomalous inputs are told from clean ones",
                leading.has_all() ? 1100 : 600, 460, {}};
  figure.program = fmt::format(
      "set multiplot layout 1,{}\nset key below center horizontal samplen 1.5\nset bmargin 6\n"
      "set grid ytics lc rgb '#dddddd'\n"
      "set xlabel 'anomalous inputs, % of a test set'\nset ylabel 'detection power (AUROC)'\nset yrange [0:1.04]\n"
      "set xtics ({})\nset offsets 0.5, 0.5, 0, 0\n",
      leading.has_all() ? 2 : 1, fmt::join(columns, ", "));
  figure.program += power_panel(fmt::format("one target, mean of {}", leading.targets().size()), columns, one, "one");
  if (leading.has_all()) figure.program += power_panel("all targets in one pool", columns, all, "all");
  figure.program += "unset multiplot\n";
  return figure;
}

}  // namespace

std::vector<Figure> deep_mining_figures(Database& database, const RunsTogether& uids,
                                        const std::filesystem::path& artifacts) {
  std::vector<DeepMiningCells> runs;
  for (const std::string& uid : uids) runs.emplace_back(database, uid);
  std::vector<Figure> figures{power_figure(runs)};
  for (Figure& figure :
       node_p_value_figures(node_p_value_file(artifacts, uids.front()), parameter(database, uids.front(), "layer"))) {
    figures.push_back(std::move(figure));
  }
  figures.push_back(score_figure(database, runs));
  return figures;
}

}  // namespace deepmine
