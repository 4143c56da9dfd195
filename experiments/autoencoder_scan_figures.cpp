#include "experiments/autoencoder_scan_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "experiments/autoencoder_scan_order.h"
#include "experiments/reconstruction_errors.h"
#include "framework/activation/activations.h"
#include "framework/core/array.h"
#include "framework/evaluate/cell_scores.h"
#include "framework/evaluate/node_p_value_figures.h"
#include "framework/evaluate/node_p_values.h"
#include "framework/evaluate/score_plots.h"
#include "framework/model/model.h"
#include "framework/model/network.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

constexpr const char* kErrorLayer = "reconstruction-error";

/// One cell of individual scans.
struct Individual {
  std::int64_t cell;
  std::string layer, detector, attack, clip, kept;
  double auroc;
};

std::vector<Individual> individuals(Database& database, const std::string& run) {
  Statement rows = database.prepare(
      std::string("SELECT cell, layer, detector, attack, clip, kept, auroc FROM autoencoder_scan WHERE run = ?1"
                  " AND anomalous_percent IS NULL") + kInNetworksOrder);
  rows.bind(run);
  std::vector<Individual> result;
  while (rows.step()) {
    result.push_back({rows.integer(0), rows.text(1), rows.text(2), rows.text(3), rows.text(4), rows.text(5),
                      rows.real(6)});
  }
  return result;
}

std::vector<double> clean_scores(Database& database, const std::string& run, const std::string& layer,
                                 const std::string& detector) {
  Statement rows = database.prepare(
      "SELECT cell FROM cell WHERE run = ?1 AND layer = ?2 AND detector = ?3 AND kind = 'individual' AND set_kind = "
      "'clean'");
  rows.bind(run, layer, detector);
  return rows.step() ? scores_of(database, rows.integer(0)) : std::vector<double>();
}

bool is_baseline(const Individual& cell) {
  return cell.detector == "mean-error" || cell.detector == "max-error";
}

/// The layers that were scanned, in the network's order.
std::vector<std::string> layers_of(const std::vector<Individual>& cells) {
  std::vector<std::string> layers;
  for (const Individual& cell : cells) {
    if (std::find(layers.begin(), layers.end(), cell.layer) == layers.end()) layers.push_back(cell.layer);
  }
  return layers;
}

/// A round distance that puts about four marks along the scores.
double tic_step(const std::vector<ScoreCurve>& curves) {
  double low = 0, high = 0;
  bool first = true;
  for (const ScoreCurve& curve : curves) {
    for (const double score : curve.scores) {
      low = first ? score : std::min(low, score);
      high = first ? score : std::max(high, score);
      first = false;
    }
  }
  const double rough = std::max(high - low, 1e-6) / 4;
  const double unit = std::pow(10, std::floor(std::log10(rough)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (rough <= step * unit) return step * unit;
  }
  return 10 * unit;
}

/// Densities of all layers, clean beside each attack with one kind of clipping.
Figure density_figure(Database& database, const std::string& run, const std::vector<Individual>& cells,
                      const std::string& clip) {
  const auto layers = layers_of(cells);
  Figure figure{"densities-" + clip,
                "Density of the scores of clean and of anomalous images (" + clip + "), by layer", 1200, 1000,
                {}};
  const std::size_t rows = (layers.size() + 1 + 3) / 4;
  figure.program = fmt::format(
      "set multiplot layout {},4 title \"Scores of single images, anomalous images {}\\n\" font ',14'\nunset "
      "ytics\nset border 1\n"
      "set tmargin 2.5\nset bmargin 2\nset autoscale yfixmax\n",
      rows, clip);
  std::vector<ScoreCurve> curves;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    curves.clear();
    for (const Individual& cell : cells) {
      if (cell.layer != layers[i] || is_baseline(cell) || cell.clip != clip || cell.kept != "wrong") continue;
      if (curves.empty()) curves.push_back({"clean", 0, clean_scores(database, run, cell.layer, cell.detector)});
      curves.push_back({cell.attack, curves.size(), scores_of(database, cell.cell)});
    }
    figure.program += fmt::format("set title {} font ',12' noenhanced\nset xtics {} font ',9'\n", quoted(layers[i]),
                                  tic_step(curves)) +
                      density_plot(curves, fmt::format("d{}", i), false);
  }
  // The key has a panel of its own, so that it hides nothing.
  figure.program +=
      "set label 1 'horizontal: score (Berk-Jones), vertical: density' at screen 0.75, 0.05 center font ',10'\n"
      "unset border\nunset xtics\nset title ''\nset key center center font ',13' samplen 3\n"
      "set xrange [0:1]\nset yrange [0:1]\nplot ";
  for (std::size_t i = 0; i < curves.size(); ++i) {
    figure.program += fmt::format("{}-1 with lines {} title {}", i > 0 ? ", " : "", line_style(curves[i].style),
                                  quoted(curves[i].name + (i == 0 ? " images" : ", classified wrong")));
  }
  figure.program += "\nunset multiplot\n";
  return figure;
}

/// ROC curves of the first layer, its pooling and the error's scan and baselines, a panel per attack.
Figure roc_figure(Database& database, const std::string& run, const std::vector<Individual>& cells) {
  std::vector<std::pair<std::string, std::string>> panels;
  for (const Individual& cell : cells) {
    const std::pair<std::string, std::string> panel{cell.attack, cell.clip};
    if (std::find(panels.begin(), panels.end(), panel) == panels.end()) panels.push_back(panel);
  }
  const auto across = static_cast<int>(std::min<std::size_t>(2, panels.size()));
  const auto down = (static_cast<int>(panels.size()) + across - 1) / across;
  Figure figure{"roc", "ROC curves of single images, by attack", 560 * across, 520 * down, {}};
  figure.program = fmt::format(
      "set multiplot layout {},{}\nset size square\nset key bottom right font ',9' samplen 2 noenhanced\n", down,
      across);
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const auto& [attack, clip] = panels[i];
    figure.program += fmt::format("set title {}\n", quoted(attack + ", " + clip + " (area under the curve)"));
    std::string block = fmt::format("r{}", i);
    // Every curve has clean scores of its own, so each is a plot; gnuplot draws them over each other.
    std::vector<std::string> programs;
    std::string plots;
    std::size_t style = 0;
    for (const Individual& cell : cells) {
      const bool shown = cell.layer == "conv2d_1" || cell.layer == "max_pooling2d_1" || cell.layer == "conv2d_7" ||
                         cell.layer == kErrorLayer || cell.layer == "output";
      if (!shown || cell.attack != attack || cell.clip != clip || cell.kept != "wrong") continue;
      const std::string name = is_baseline(cell) ? cell.detector
                               : cell.layer == kErrorLayer ? "scan of the error" : cell.layer;
      const std::string program =
          roc_plot({{name, style, scores_of(database, cell.cell)}},
                   clean_scores(database, run, cell.layer, cell.detector), fmt::format("{}_{}", block, style));
      const std::size_t plot = program.find("plot ");
      programs.push_back(program.substr(0, plot));
      const std::size_t curve = program.find("$", plot), end = program.find('\n', curve);
      plots += ", \\\n " + program.substr(curve, end - curve);
      ++style;
    }
    for (const std::string& program : programs) figure.program += program;
    figure.program += "plot x with lines lw 1 lc rgb '#aaaaaa' notitle" + plots + "\n";
  }
  figure.program += "unset multiplot\n";
  return figure;
}

/// The shapes of a network's layers, from its spec; none for a network that is not ours.
std::map<std::string, std::vector<std::int64_t>> shapes_of(Database& database, const std::string& run) {
  Statement row = database.prepare(
      "SELECT m.network FROM run_input AS i JOIN model AS m ON m.sha256 = i.sha256 WHERE i.run = ?1"
      " AND i.role = 'autoencoder'");
  row.bind(run);
  if (!row.step()) return {};
  const Spec spec = Spec::parse(row.text(0));
  if (!Registry<Network>::instance().contains(spec.name)) return {};
  const auto network = make_network(spec, Seed(0));
  const ImageShape input = network->input();
  Model model(network, {}, {});
  return layer_shapes(model, torch::zeros({1, input.channels, input.size, input.size}));
}

/// Boxes for the layers, as wide and high as their channels and sizes, the narrowest in the middle.
std::string network_drawing(const std::vector<std::string>& layers,
                            const std::map<std::string, std::vector<std::int64_t>>& shapes) {
  std::string program = "set yrange [-1.7:1.1]\n";
  std::int64_t smallest = 0, largest = 0;
  const auto nodes = [&](const std::string& layer) {
    const auto& shape = shapes.at(layer);
    return shape[0] * shape[1] * shape[2];
  };
  for (const auto& [layer, shape] : shapes) {
    if (shape.size() != 3) continue;
    if (smallest == 0 || nodes(layer) < smallest) smallest = nodes(layer);
    largest = std::max(largest, shape[1]);
  }
  bool before = true;
  std::map<std::size_t, std::vector<double>> places;  // of encoder, bottleneck, decoder
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto found = shapes.find(layers[i]);
    if (found == shapes.end() || found->second.size() != 3) continue;
    const auto& shape = found->second;
    const bool bottleneck = nodes(layers[i]) == smallest;
    if (bottleneck) before = false;
    const double height = 0.9 * std::sqrt(static_cast<double>(shape[1]) / static_cast<double>(largest));
    const double width = 0.16 + 0.05 * std::sqrt(static_cast<double>(shape[0]));
    const double x = static_cast<double>(i);
    places[bottleneck ? 1 : before ? 0 : 2].push_back(x);
    program += fmt::format(
        "set object {} rectangle from {},{} to {},{} fc rgb '{}' fs solid 0.85 border lc rgb '#333333'\n"
        "set label {} '{}×{}×{}' at {},{} center font ',9'\n",
        i + 1, x - width, -height, x + width, height, bottleneck ? "#F0E442" : before ? "#56B4E9" : "#E69F00",
        i + 1, shape[1], shape[2], shape[0], x, -1.25);
  }
  const std::pair<const char*, const char*> kParts[] = {
      {"encoder", "#1d6f9c"}, {"bottleneck", "#8a7f00"}, {"decoder", "#a86f00"}};
  for (const auto& [part, at] : places) {
    program += fmt::format("set label {} '{}' at {},-1.52 center font ',10' textcolor rgb '{}'\n", 101 + part,
                           kParts[part].first, (at.front() + at.back()) / 2, kParts[part].second);
  }
  return program;
}

/// AUROC along the layers with its intervals, the network drawn below.
Figure layer_figure(Database& database, const std::string& run, const std::vector<Individual>& cells) {
  const auto layers = layers_of(cells);
  const auto shapes = shapes_of(database, run);
  Figure figure{"layers", "Detection power along the layers, with the network below", 1150, 720, {}};
  std::string blocks, plots, tics;
  std::map<std::string, std::size_t> styles;
  std::map<std::string, std::string> lines;
  for (const Individual& cell : cells) {
    if (is_baseline(cell) || cell.kept != "wrong") continue;
    const auto at = std::find(layers.begin(), layers.end(), cell.layer) - layers.begin();
    Statement interval = database.prepare("SELECT ci_low, ci_high FROM detection WHERE cell = ?1 AND metric = 'auroc'");
    interval.bind(cell.cell);
    const bool known = interval.step();
    const std::string name = cell.attack + ", " + cell.clip;
    styles.emplace(name, styles.size());
    lines[name] += fmt::format("{} {:.5f} {:.5f} {:.5f}\n", at, cell.auroc, known ? interval.real(0) : cell.auroc,
                               known ? interval.real(1) : cell.auroc);
  }
  for (const auto& [name, style] : styles) {
    const double shift = 0.08 * (static_cast<double>(style) - static_cast<double>(styles.size() - 1) / 2);
    blocks += fmt::format("$l{} << EOD\n{}EOD\n", style, lines[name]);
    plots += fmt::format(
        ", \\\n $l{0} using ($1+{1}):2 with lines {2} title {3}, $l{0} using ($1+{1}):2:3:4 with yerrorbars pt 7 "
        "ps 0.6 lw 1 lc rgb '{4}' notitle", style, shift, line_style(style), quoted(name), colour(style));
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    tics += fmt::format("{}{} {}", i > 0 ? ", " : "", quoted(layers[i] == kErrorLayer ? "error" : layers[i]), i);
  }
  const double right = static_cast<double>(layers.size()) - 0.4;
  figure.program =
      blocks +
      fmt::format("set multiplot\nset xrange [-0.6:{}]\nset xtics ({}) rotate by 35 right noenhanced font ',9'\n",
                  right, tics) +
      "set origin 0,0.3\nset size 1,0.7\nset lmargin 9\nset rmargin 3\nset yrange [0:1]\n"
      "set ylabel 'detection power (AUROC)'\nset grid ytics lc rgb '#dddddd'\nset key top right noenhanced\n"
      "set title 'Single images told from clean ones, layer by layer (bars: 95 %, over images)'\n"
      "plot 0.5 with lines lw 1 dt 3 lc rgb '#888888' notitle" +
      plots + "\n" +
      "unset title\nunset ylabel\nunset ytics\nunset xtics\nunset grid\nunset border\nunset key\n"
      "set origin 0,0\nset size 1,0.3\nset tmargin 0\nset bmargin 1\n" +
      network_drawing(layers, shapes) + "plot -10 notitle\nunset multiplot\n";
  return figure;
}

/// Each example in a row: the anomalous image, its error, and the pixels found anomalous over it.
std::vector<Figure> example_figures(const fs::path& file, const std::string& attack) {
  if (!fs::exists(file)) return {};
  const Array array = read_array(file);
  if (array.shape.size() != 4 || array.shape[1] != 3) return {};
  const auto values = values_as<float>(array, file.string());
  const std::size_t images = array.shape[0], rows = array.shape[2], cols = array.shape[3];
  Figure figure{"reconstruction-error", "Anomalous images, their reconstruction error, and the pixels found anomalous",
                static_cast<int>(190 * images), 620, {}};
  figure.program = fmt::format(
      "set multiplot layout 3,{} margins 0.04,0.99,0.02,0.92 spacing 0.01,0.02 columnsfirst "
      "title {} noenhanced\n"
      "set label 1 'anomalous image' at screen 0.02,0.77 center rotate\n"
      "set label 2 'error (own scale, dark is 0)' at screen 0.02,0.47 center rotate font ',9'\n"
      "set label 3 'anomalous (orange)' at screen 0.02,0.17 center rotate font ',10'\n"
      "unset border\nunset tics\nunset colorbox\nset size ratio -1\nset xrange [-0.5:{}]\nset yrange [{}:-0.5]\n",
      images, quoted("Images changed by " + attack + ", the error of their pixels, and those found anomalous"),
      static_cast<double>(cols) - 0.5, static_cast<double>(rows) - 0.5);
  for (std::size_t image = 0; image < images; ++image) {
    for (std::size_t part = 0; part < 3; ++part) {
      figure.program += fmt::format("$e{}_{} << EOD\n", image, part);
      for (std::size_t y = 0; y < rows; ++y) {
        for (std::size_t x = 0; x < cols; ++x) {
          const auto at = [&](std::size_t p) { return values[((image * 3 + p) * rows + y) * cols + x]; };
          if (part == 2 && at(2) == 0) continue;
          figure.program += fmt::format("{} {} {:.5g}\n", x, y, at(part));
        }
      }
      figure.program += "EOD\n";
    }
    const char* kGrey = "set palette grey\nset cbrange [0:1]\n";
    figure.program += fmt::format(
        "{0}plot $e{1}_0 using 1:2:3 with image notitle\n"
        "set palette defined (0 '#000004', 0.35 '#641a80', 0.7 '#e65164', 1 '#fcfdbf')\nset cbrange [0:*]\n"
        "unset label\n"  // or it is written once more in each panel
        "plot $e{1}_1 using 1:2:3 with image notitle\n"
        "{0}plot $e{1}_0 using 1:2:(0.5+0.5*$3) with image notitle, $e{1}_2 using 1:2 with points pt 5 ps 0.45 "
        "lc rgb '#E69F00' notitle\n", kGrey, image);
  }
  figure.program += "unset multiplot\n";
  return {figure};
}

}  // namespace

std::vector<Figure> autoencoder_scan_figures(Database& database, const std::string& run,
                                             const fs::path& artifacts) {
  const auto cells = individuals(database, run);
  if (cells.empty()) return {};
  const Individual& kept = cells.back();  // examples are of the last images measured
  std::vector<Figure> figures{layer_figure(database, run, cells), roc_figure(database, run, cells)};
  for (const char* clip : {"clipped", "unclipped"}) {
    const auto has = [&](const Individual& cell) { return cell.clip == clip; };
    if (std::any_of(cells.begin(), cells.end(), has)) figures.push_back(density_figure(database, run, cells, clip));
  }
  for (Figure& figure : node_p_value_figures(node_p_value_file(artifacts, run), kErrorLayer)) {
    figures.push_back(std::move(figure));
  }
  for (Figure& figure : example_figures(example_file(artifacts, run), kept.attack + " (" + kept.clip + ")")) {
    figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace deepmine
