#include "experiments/uniform_svdd_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "framework/evaluate/set_examples.h"
#include "framework/learn/pca.h"
#include "framework/learn/standard_scaler.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

/// "gaussian" of "gaussian:n=500,seed=1".
std::string short_name(const std::string& spec) { return spec.substr(0, spec.find(':')); }

/// The same of each in a list with " + " between them.
std::string short_names(std::string list) {
  for (std::size_t begin = list.find(':'); begin != std::string::npos; begin = list.find(':', begin)) {
    list.erase(begin, list.find(" + ", begin) - begin);
  }
  return list;
}

// Figure 7

/// The AUROC of one set by the weight of the logits.
struct BetaLine {
  std::string set;
  std::size_t panel;  ///< 0: near the clean images, 1: far from them, 2: other attacks
  std::string points = {};
};

std::vector<BetaLine> beta_lines(Database& database, const std::string& run) {
  Statement rows = database.prepare(
      "SELECT t.\"set\", CASE WHEN t.\"set\" IN ('JSMA', 'CW') OR t.\"set\" GLOB 'jsma:*' OR"
      " t.\"set\" GLOB 'cw:*' THEN 0 WHEN t.tbl IN ('table3', 'table6') THEN 2 ELSE 1"
      " END, CAST(substr(c.part, 19) AS REAL) AS beta, d.value FROM uniform_svdd_table AS t"
      " JOIN score_cell AS c ON c.run = t.run AND c.input_set = t.set_number AND c.part GLOB 'transductive beta *'"
      " JOIN detection AS d ON d.cell = c.cell AND d.metric = 'mean-auroc'"
      " WHERE t.run = ?1 AND t.metric = 'tnr95' AND t.tbl NOT IN ('table8', 'table9') ORDER BY t.\"set\", beta");
  rows.bind(run);
  std::vector<BetaLine> lines;
  while (rows.step()) {
    if (lines.empty() || lines.back().set != rows.text(0)) {
      lines.push_back({rows.text(0), static_cast<std::size_t>(rows.integer(1))});
    }
    lines.back().points += fmt::format("{:.3f} {:.5f}\n", rows.real(2), rows.real(3));
  }
  return lines;
}

Figure beta_figure(const std::vector<BetaLine>& lines) {
  constexpr std::array<const char*, 3> kTitles{"changed little: JSMA, CW", "far away: other data, noise",
                                               "other attacks"};
  std::array<std::string, kTitles.size()> plots;
  std::array<std::size_t, kTitles.size()> shown{};
  Figure figure{
      "beta", "AUROC of each set by the weight of the logits in the score, the layer's being the rest", 0, 480, {}};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const BetaLine& line = lines[i];
    const std::size_t style = shown.at(line.panel)++;
    figure.program += fmt::format("$b{} << EOD\n{}EOD\n", i, line.points);
    plots.at(line.panel) += fmt::format("{} $b{} with linespoints lw 2 pt {} ps 0.8 lc rgb '{}' title {}",
                                        style > 0 ? "," : "plot", i, 4 + style, colour(style),
                                        quoted(short_name(line.set)));
  }
  const auto panels = std::count_if(plots.begin(), plots.end(), [](const auto& plot) { return !plot.empty(); });
  figure.width = 60 + 340 * static_cast<int>(panels);
  figure.program += fmt::format(
      "set multiplot layout 1,{} title \"AUROC by the weight of the logits\\n(0: the layer alone, 1: the logits "
      "alone)\"\n"
      "stats [*:*] [*:*] $b0 using 2 nooutput\nlow = STATS_min\n",
      panels);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    figure.program += fmt::format("stats $b{} using 2 nooutput\nlow = STATS_min < low ? STATS_min : low\n", i);
  }
  figure.program +=
      "set tmargin 4\nset bmargin 9\nset xrange [-0.03:1.03]\nset yrange [low-0.03*(1-low):1+0.03*(1-low)]\n"
      "set xtics 0.25\nset grid ytics lc rgb '#dddddd'\nset xlabel 'weight of the logits'\nset ylabel 'AUROC'\n"
      "set key at graph 0.5,-0.33 center top horizontal samplen 2 noenhanced\n";
  for (std::size_t i = 0; i < plots.size(); ++i) {
    if (!plots.at(i).empty()) figure.program += fmt::format("set title '{}'\n{}\n", kTitles.at(i), plots.at(i));
  }
  figure.program += "unset multiplot\n";
  return figure;
}

// The layers

/// Bars for the layers that runs of profile mdl were measured on, with the weights and against the sets of `run`; none
/// for a run of another profile.
std::optional<Figure> mdl_figure(Database& database, const std::string& run) {
  Statement rows = database.prepare(
      "SELECT m.layer, avg(m.error), sets FROM uniform_svdd_mdl AS m"
      " JOIN uniform_svdd_mdl AS shown USING (profile, weights, nu, sets) WHERE shown.run = ?1 AND profile = 'mdl'"
      " GROUP BY m.layer ORDER BY 2, 1");
  rows.bind(run);
  std::string bars, tics, sets;
  std::size_t layers = 0;
  for (; rows.step(); ++layers) {
    bars += fmt::format("{} {:.5f}\n", layers, rows.real(1));
    tics += fmt::format("{}{} {}", layers > 0 ? ", " : "", quoted(rows.text(0)), layers);
    sets = rows.text(2);
  }
  if (layers == 0) return std::nullopt;
  Figure figure{"mdl",
                "Detection error of each layer by itself; the lowest is the most discriminative layer (MDL)",
                std::max(520, 160 + 60 * static_cast<int>(layers)),
                460,
                {}};
  figure.program = fmt::format(
      "$m << EOD\n{}EOD\nstats $m using 2 nooutput\nlow = STATS_min\nset title {} noenhanced\n"
      "set xtics ({}) rotate by 35 right noenhanced\nset style fill solid 0.85\nset boxwidth 0.7\n"
      "set xrange [-0.6:{}]\nset yrange [0:*]\nset offsets 0,0,0.02,0\nset ylabel 'detection error'\n"
      "set grid ytics lc rgb '#dddddd'\nset key top left\n"
      "plot $m using 1:($2 > low ? $2 : NaN) with boxes lc rgb '{}', $m using 1:($2 > low ? NaN : $2) with boxes "
      "lc rgb '{}' title 'the lowest: MDL', $m using 1:2:(sprintf('%.3f', $2)) with labels offset 0,0.7 font ',9'",
      bars, quoted("One-class machines on one layer, against " + short_names(sets)), tics,
      static_cast<double>(layers) - 0.4, colour(5), colour(1));
  return figure;
}

// Figures 8 and 9

/// A set of a run, with what is kept of it.
struct ShownSet {
  std::string name, kind;
  SetExamples examples;
};

/// The sets of which something is kept, clean images first.
std::vector<ShownSet> shown_sets(Database& database, const std::string& run, const fs::path& artifacts) {
  Statement rows = database.prepare(
      "SELECT name, kind FROM input_set WHERE run = ?1 ORDER BY instr('clean ood noise adversarial', kind), name");
  rows.bind(run);
  std::vector<ShownSet> sets;
  while (rows.step()) {
    auto kept = kept_set_examples(set_example_file(artifacts, run, rows.text(0)));
    if (kept) sets.push_back({rows.text(0), rows.text(1), std::move(*kept)});
  }
  return sets;
}

/// The images in a row as x, y, red, green, blue, white between them.
std::string strip(const SetExamples& examples, std::size_t gap) {
  const std::size_t channels = examples.shape[1], rows = examples.shape[2], cols = examples.shape[3];
  const std::size_t width = examples.shape[0] * (cols + gap) - gap;
  std::string points;
  for (std::size_t y = 0; y < rows; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      const std::size_t image = x / (cols + gap), col = x % (cols + gap);
      points += fmt::format("{} {}", x, y);
      for (std::size_t c = 0; c < 3; ++c) {
        const std::size_t plane = image * channels + std::min(c, channels - 1);
        const float value = col < cols ? examples.images[(plane * rows + y) * cols + col] : 1.0F;
        points += fmt::format(" {}", std::lround(255 * std::clamp(value, 0.0F, 1.0F)));
      }
      points += '\n';
    }
  }
  return points;
}

Figure sample_figure(const std::vector<ShownSet>& sets) {
  constexpr std::size_t kGap = 2;
  constexpr int kPixels = 72, kNames = 190;  // of an image, and of the names beside them
  const auto& shape = sets.front().examples.shape;
  const auto down = static_cast<double>(shape[2] + kGap);
  const double right = static_cast<double>(SetExamples::kImages) * static_cast<double>(shape[3] + kGap);
  Figure figure{"samples",
                "The first images of each set",
                kNames + kPixels * static_cast<int>(SetExamples::kImages) + 10,
                10 + kPixels * static_cast<int>(sets.size()),
                {}};
  std::string plots;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const double top = down * static_cast<double>(i);
    figure.program += fmt::format("$s{} << EOD\n{}EOD\nset label {} {} at -3,{} right noenhanced font ',10'\n", i,
                                  strip(sets[i].examples, kGap), i + 1,
                                  quoted(short_name(sets[i].name) + (sets[i].kind == "clean" ? " (clean)" : "")),
                                  top + static_cast<double>(shape[2]) / 2);
    plots += fmt::format("{} $s{} using 1:($2+{}):3:4:5 with rgbimage", i > 0 ? ", \\\n" : "plot", i, top);
  }
  figure.program += fmt::format(
      "unset border\nunset tics\nset lmargin at screen {:.4f}\nset rmargin at screen 0.99\nset tmargin 0.5\n"
      "set bmargin 0.5\nset size ratio -1\nset xrange [-0.5:{}]\nset yrange [{}:-0.5]\n",
      static_cast<double>(kNames) / figure.width, right - kGap - 0.5,
      down * static_cast<double>(sets.size()) - kGap - 0.5);
  figure.program += plots + "\n";
  return figure;
}

// Figures 2 to 6

constexpr std::size_t kPoints = 150;  ///< at most, of a set on a map

/// The first inputs of a class.
std::vector<std::size_t> inputs_of(const SetExamples& examples, std::int64_t predicted) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < examples.predicted.size() && found.size() < kPoints; ++i) {
    if (examples.predicted[i] == predicted) found.push_back(i);
  }
  return found;
}

/// The class that most sets share with the clean images, no set counting for more than these do; none where clean
/// images of no class could be told from others.
std::optional<std::int64_t> mapped_class(const std::vector<ShownSet>& sets) {
  std::map<std::int64_t, std::size_t> shared;
  for (const std::int64_t predicted : sets.front().examples.predicted) shared.emplace(predicted, 0);
  for (auto& [predicted, count] : shared) {
    const std::size_t clean = inputs_of(sets.front().examples, predicted).size();
    if (clean < 3) continue;
    for (std::size_t i = 1; i < sets.size(); ++i) {
      count += std::min(clean, inputs_of(sets[i].examples, predicted).size());
    }
  }
  const auto most =
      std::max_element(shared.begin(), shared.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == shared.end() || most->second == 0 ? std::nullopt : std::optional(most->first);
}

Matrix<double> rows_at(const Matrix<double>& matrix, const std::vector<std::size_t>& rows) {
  Matrix<double> found(rows.size(), matrix.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy(matrix.row(rows[i]), matrix.row(rows[i]) + matrix.cols(), found.row(i));
  }
  return found;
}

Matrix<double> stacked(const Matrix<double>& above, const Matrix<double>& below) {
  Matrix<double> all(above.rows() + below.rows(), above.cols());
  std::copy(above.data(), above.data() + above.size(), all.data());
  std::copy(below.data(), below.data() + below.size(), all.row(above.rows()));
  return all;
}

/// Clean inputs and others by the two directions in which both together vary most, features scaled as the clean ones
/// vary; for gnuplot under the names `block`c and `block`a.
std::string map_points(const Matrix<double>& clean, const Matrix<double>& others, const std::string& block) {
  const Matrix<double> scaled = StandardScaler::fit(clean).transform(stacked(clean, others));
  const Matrix<double> places = Pca::fit(scaled, 2).transform(scaled);
  const auto at = [&](std::size_t i, std::size_t k) { return k < places.cols() ? places(i, k) : 0.0; };
  std::string points = fmt::format("${}c << EOD\n", block);
  for (std::size_t i = 0; i < places.rows(); ++i) {
    if (i == clean.rows()) points += fmt::format("EOD\n${}a << EOD\n", block);
    points += fmt::format("{:.4g} {:.4g}\n", at(i, 0), at(i, 1));
  }
  return points + "EOD\n";
}

/// A panel for each set with images of the class.
Figure map_figure(const std::vector<ShownSet>& sets, std::int64_t predicted, const std::string& name,
                  const std::string& layer, const Matrix<double> SetExamples::*features) {
  const auto rows = [&](const ShownSet& set) {
    return rows_at(set.examples.*features, inputs_of(set.examples, predicted));
  };
  const Matrix<double> clean = rows(sets.front());
  std::string panels;
  int shown = 0;
  for (std::size_t i = 1; i < sets.size(); ++i) {
    const Matrix<double> others = rows(sets[i]);
    if (others.rows() == 0) continue;
    const std::string block = fmt::format("p{}", i);
    panels += map_points(clean, others, block) +
              fmt::format(
                  "set title {} noenhanced\nplot ${}c with points pt 7 ps 0.45 lc rgb '#90{}', ${}a with points pt 2 "
                  "ps 0.5 lc rgb '#50{}'\n",
                  quoted(fmt::format("{} ({})", short_name(sets[i].name), others.rows())), block, colour(0).substr(1),
                  block, colour(1).substr(1));
    ++shown;
  }
  const int across = std::min(4, shown), down = (shown + across - 1) / across;
  Figure figure{"map-" + name,
                fmt::format("Features of {} of clean images and of others that are given the same class, by their "
                            "principal components",
                            layer),
                40 + 240 * across,
                90 + 230 * down,
                {}};
  figure.program = fmt::format(
      "set multiplot layout {},{} title {}.\"\\n\".{} noenhanced\nset border 15 lc rgb '#bbbbbb'\nunset tics\nset "
      "tmargin 3\n"
      "set bmargin 0.5\nset lmargin 1\nset rmargin 1\nset offsets graph 0.05, graph 0.05, graph 0.05, graph 0.05\n"
      "set title font ',11' offset 0,-0.5\n",
      down, across,
      quoted(fmt::format("{}: {} clean images that are given class {} (dots),", layer, clean.rows(), predicted)),
      quoted(fmt::format("at most {} of each other set that are given the same (crosses)", kPoints)));
  figure.program += panels + "unset multiplot\n";
  return figure;
}

std::string layer_of(Database& database, const std::string& run) {
  Statement row = database.prepare("SELECT layer FROM cell WHERE run = ?1 AND layer <> '' LIMIT 1");
  row.bind(run);
  return row.step() ? row.text(0) : "the layer";
}

std::vector<Figure> map_figures(Database& database, const std::string& run, const std::vector<ShownSet>& sets) {
  std::vector<ShownSet> mapped;
  for (const ShownSet& set : sets) {
    if (!set.examples.predicted.empty()) mapped.push_back(set);
  }
  if (mapped.empty() || mapped.front().kind != "clean") return {};
  const auto predicted = mapped_class(mapped);
  if (!predicted) return {};
  return {map_figure(mapped, *predicted, "layer", layer_of(database, run), &SetExamples::layer),
          map_figure(mapped, *predicted, "logits", "logits", &SetExamples::logits)};
}

}  // namespace

std::vector<Figure> uniform_svdd_figures(Database& database, const RunsTogether& runs, const fs::path& artifacts) {
  std::vector<Figure> figures;
  const auto first_with = [&](const auto& figures_of) {  // runs that are shown together have the same sets
    for (const std::string& run : runs) {
      std::vector<Figure> found = figures_of(run);
      if (found.empty()) continue;
      std::move(found.begin(), found.end(), std::back_inserter(figures));
      return;
    }
  };
  if (auto mdl = mdl_figure(database, runs.front())) figures.push_back(std::move(*mdl));
  first_with([&](const std::string& run) {
    const auto lines = beta_lines(database, run);
    return lines.empty() ? std::vector<Figure>() : std::vector{beta_figure(lines)};
  });
  first_with([&](const std::string& run) {
    const auto sets = shown_sets(database, run, artifacts);
    return sets.empty() ? std::vector<Figure>() : std::vector{sample_figure(sets)};
  });
  first_with([&](const std::string& run) { return map_figures(database, run, shown_sets(database, run, artifacts)); });
  return figures;
}

}  // namespace deepmine
