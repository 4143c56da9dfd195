#include "framework/app/scan_report.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "framework/app/standard_streams.h"
#include "framework/learn/roc.h"

namespace deepmine {
namespace {

constexpr std::size_t kShownInputs = 20;

std::string text_of(const std::optional<double>& value) {
  return value ? fmt::format("{:.6g}", *value) : "-";
}

void print_line(std::string_view name, const std::string& value) {
  fmt::print(results(), "{:<11} {}\n", name, value);
}

std::string inputs_text(const std::vector<std::uint32_t>& inputs, std::size_t all) {
  const std::size_t shown = std::min(inputs.size(), kShownInputs);
  const std::vector<std::uint32_t> first(inputs.begin(),
                                         inputs.begin() + static_cast<std::ptrdiff_t>(shown));
  return fmt::format("{} of {}{}{}{}", inputs.size(), all, first.empty() ? "" : ": ",
                     fmt::join(first, " "), shown < inputs.size() ? " ... (--json has all)" : "");
}

/// How well single scores tell anomalous inputs from clean ones; none unless there are both.
std::optional<double> detection_power(const std::vector<IndividualScore>& scores,
                                      const Truth& truth) {
  std::vector<double> anomalous, clean;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    (truth[i] != 0 ? anomalous : clean).push_back(scores[i].score);
  }
  if (anomalous.empty() || clean.empty()) return std::nullopt;
  return auroc(anomalous, clean);
}

}  // namespace

/// The layers, if there are several.
std::vector<LayerSpan> ScanReport::joint() const {
  return layers.size() > 1 ? layers : std::vector<LayerSpan>{};
}

std::size_t ScanReport::selected_in(const LayerSpan& layer) const {
  return static_cast<std::size_t>(
      std::count_if(result.nodes.begin(), result.nodes.end(), [&](std::uint32_t node) {
        return node >= layer.first && node < layer.first + layer.nodes;
      }));
}

Json ScanReport::json() const {
  Json found{{"score", result.score},
             {"alpha", json_of(result.alpha)},
             {"inputs", result.inputs},
             {"nodes", result.nodes},
             {"n_alpha", result.n_alpha},
             {"statistic", scan_statistic_name(options.statistic)},
             {"alphas", options.alphas.text()},
             {"alpha_max", options.alphas.alpha_max()},
             {"start", start_scheme_name(options.start)},
             {"restart_scores", result.restart_scores}};
  if (!warnings.empty()) found["warnings"] = warnings;
  if (options.group > 1) found["group"] = options.group;
  if (label) found["class"] = *label;
  for (const LayerSpan& layer : joint()) {
    found["layers"].push_back({{"evaluation", layer.name},
                               {"first_node", layer.first},
                               {"nodes", layer.nodes},
                               {"selected", selected_in(layer)}});
  }
  if (truth.empty()) return found;
  const Retrieval quality = retrieval(result.inputs, truth);
  found["precision"] = json_of(quality.precision);
  found["recall"] = json_of(quality.recall);
  return found;
}

void ScanReport::print() const {
  print_line("score", fmt::format("{:.6f}", result.score));
  print_line("alpha", text_of(result.alpha));
  print_line("inputs", inputs_text(result.inputs, p_values.inputs()));
  if (label) print_line("class", std::to_string(*label));
  print_line("nodes", fmt::format("{} of {}", result.nodes.size(), p_values.nodes()));
  for (const LayerSpan& layer : joint()) {
    print_line("", fmt::format("{} of {} of {}", selected_in(layer), layer.nodes, layer.name));
  }
  print_line("n_alpha", fmt::format("{} of {} p-values at most alpha", result.n_alpha,
                                    result.inputs.size() * result.nodes.size()));
  print_line("searched", fmt::format("{}, alphas {} up to {}, start {}",
                                     scan_statistic_name(options.statistic), options.alphas.text(),
                                     options.alphas.alpha_max(), start_scheme_name(options.start)));
  print_line("restarts", fmt::format("{:.6f}", fmt::join(result.restart_scores, "  ")));
  if (truth.empty()) return;
  const Retrieval quality = retrieval(result.inputs, truth);
  print_line("precision", text_of(quality.precision));
  print_line("recall", text_of(quality.recall));
}

Json IndividualReport::json() const {
  Json found{{"scores", Json::array()}, {"alphas", Json::array()}};
  if (!warnings.empty()) found["warnings"] = warnings;
  for (const IndividualScore& one : scores) {
    found["scores"].push_back(one.score);
    found["alphas"].push_back(json_of(one.alpha));
  }
  if (!truth.empty()) found["auroc"] = json_of(detection_power(scores, truth));
  return found;
}

void IndividualReport::print() const {
  fmt::print(results(), "{:>6}  {:>14}  {:>10}\n", "input", "score", "alpha");
  for (std::size_t i = 0; i < scores.size(); ++i) {
    fmt::print(results(), "{:>6}  {:>14.6f}  {:>10}\n", i, scores[i].score, text_of(scores[i].alpha));
  }
  if (!truth.empty()) fmt::print(results(), "auroc {}\n", text_of(detection_power(scores, truth)));
}

}  // namespace deepmine
