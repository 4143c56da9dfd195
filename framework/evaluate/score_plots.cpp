#include "framework/evaluate/score_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/learn/roc.h"
#include "framework/run/figure.h"

namespace deepmine {
namespace {

std::string plot_of(const std::vector<std::string>& parts) {
  std::string text = "plot ";
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i > 0 ? ", \\\n     " : "") + parts[i];
  return text + "\n";
}

struct Point {
  double x, y;
};

/// A Gaussian kernel estimate with Silverman's width, 0.9 min(deviation, quartiles' distance / 1.34)
/// n^-1/5. (gnuplot's own counts the single scores when it chooses the axis.)
std::vector<Point> density(std::vector<double> scores) {
  constexpr std::size_t kPoints = 160;
  if (scores.empty()) return {};
  std::sort(scores.begin(), scores.end());
  const auto count = static_cast<double>(scores.size());
  double mean = 0, squares = 0;
  for (const double score : scores) mean += score / count;
  for (const double score : scores) squares += (score - mean) * (score - mean) / count;
  const double quartiles = scores[scores.size() * 3 / 4] - scores[scores.size() / 4];
  const double spread = quartiles > 0 ? std::min(std::sqrt(squares), quartiles / 1.34) : std::sqrt(squares);
  const double width = std::max(0.9 * spread * std::pow(count, -0.2), 1e-9);
  // No density where no score can be: none is below 0.
  const double first = std::max(scores.front() - 3 * width, std::min(scores.front(), 0.0)),
               step = (scores.back() + 3 * width - first) / (kPoints - 1);
  std::vector<Point> points;
  for (std::size_t i = 0; i < kPoints; ++i) {
    const double x = first + step * static_cast<double>(i);
    double sum = 0;
    for (const double score : scores) sum += std::exp(-0.5 * std::pow((x - score) / width, 2));
    points.push_back({x, sum / (count * width * std::sqrt(2 * 3.14159265358979323846))});
  }
  return points;
}

/// The corners of a ROC curve; at most some hundred of them, which is more than a picture shows.
std::vector<Point> roc_points(std::vector<double> anomalous, std::vector<double> clean) {
  constexpr std::size_t kMost = 400;
  std::sort(anomalous.begin(), anomalous.end(), std::greater<>());
  std::sort(clean.begin(), clean.end(), std::greater<>());
  std::vector<Point> points{{0, 0}};
  std::size_t above_clean = 0, above_anomalous = 0;
  const std::size_t step = std::max<std::size_t>(1, (clean.size() + anomalous.size()) / kMost);
  std::size_t since = 0;
  while (above_clean < clean.size() || above_anomalous < anomalous.size()) {
    const bool anomalous_next = above_clean == clean.size() ||
                             (above_anomalous < anomalous.size() && anomalous[above_anomalous] >= clean[above_clean]);
    const double threshold = anomalous_next ? anomalous[above_anomalous] : clean[above_clean];
    while (above_clean < clean.size() && clean[above_clean] >= threshold) ++above_clean, ++since;
    while (above_anomalous < anomalous.size() && anomalous[above_anomalous] >= threshold) ++above_anomalous, ++since;
    if (since < step) continue;
    since = 0;
    points.push_back({static_cast<double>(above_clean) / static_cast<double>(clean.size()),
                      static_cast<double>(above_anomalous) / static_cast<double>(anomalous.size())});
  }
  points.push_back({1, 1});
  return points;
}

}  // namespace

std::string line_style(std::size_t style) {
  return fmt::format("lw 2 dt {} lc rgb '{}'", style % 4 + 1, colour(style));
}

std::string density_plot(const std::vector<ScoreCurve>& curves, const std::string& block, bool labelled) {
  std::string program;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const std::string name = fmt::format("${}_{}", block, i);
    program += name + " << EOD\n";
    for (const auto& [x, y] : density(curves[i].scores)) program += fmt::format("{:.6g} {:.6g}\n", x, y);
    program += "EOD\n";
    parts.push_back(fmt::format("{} with lines {} {}", name, line_style(curves[i].style),
                                labelled ? "title " + quoted(curves[i].name) : "notitle"));
  }
  return program + plot_of(parts);
}

std::string roc_plot(const std::vector<ScoreCurve>& curves, const std::vector<double>& clean,
                     const std::string& block) {
  std::string program =
      "set xrange [0:1]\nset yrange [0:1]\nset xlabel 'false positive rate'\n"
      "set ylabel 'true positive rate'\n";
  std::vector<std::string> parts{"x with lines lw 1 lc rgb '#aaaaaa' notitle"};
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const std::string name = fmt::format("${}_{}", block, i);
    program += name + " << EOD\n";
    for (const auto& [x, y] : roc_points(curves[i].scores, clean)) program += fmt::format("{:.5g} {:.5g}\n", x, y);
    program += "EOD\n";
    parts.push_back(fmt::format("{} with lines {} title {}", name, line_style(curves[i].style),
                                quoted(fmt::format("{} ({:.3f})", curves[i].name,
                                                   auroc(curves[i].scores, clean)))));
  }
  return program + plot_of(parts) + "unset xlabel\nunset ylabel\nset autoscale\n";
}

}  // namespace deepmine
