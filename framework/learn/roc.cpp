#include "framework/learn/roc.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "framework/core/error.h"
#include "framework/learn/drawn_scores.h"

namespace deepmine {
namespace {

void ensure_scores(const std::vector<double>& scores, const char* name) {
  ensure(!scores.empty(), "AUROC: expected at least one {} score, found none", name);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    ensure(!std::isnan(scores[i]), "AUROC: expected numbers, found NaN as {} score {}", name, i);
  }
}

/// The AUROC of two ascending lists, by walking them together.
double auroc_of_sorted(const std::vector<double>& positives, const std::vector<double>& negatives) {
  std::uint64_t halves = 0;  // twice the number of pairs won
  auto below = negatives.begin();
  auto not_above = negatives.begin();
  for (double score : positives) {
    while (below != negatives.end() && *below < score) ++below;
    while (not_above != negatives.end() && *not_above <= score) ++not_above;
    halves +=
        static_cast<std::uint64_t>((below - negatives.begin()) + (not_above - negatives.begin()));
  }
  return static_cast<double>(halves) /
         (2.0 * static_cast<double>(positives.size()) * static_cast<double>(negatives.size()));
}

std::vector<double> sorted(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<double> drawn_again(const std::vector<double>& values, RandomStream& random) {
  std::vector<double> drawn(values.size());
  for (double& value : drawn) value = values[random.below(values.size())];
  return drawn;
}

/// The quantile of ascending values, linear between neighbours.
double quantile(const std::vector<double>& values, double share) {
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

/// Between the quantiles of what `draw` gives.
template <typename Draw>
Interval drawn_interval(double confidence, std::size_t resamples, Seed seed, Draw draw) {
  RandomStream random(seed);
  std::vector<double> drawn(resamples);
  for (double& value : drawn) value = draw(random);
  return percentile_interval(std::move(drawn), confidence);
}

}  // namespace

double auroc(const std::vector<double>& positives, const std::vector<double>& negatives) {
  ensure_scores(positives, "positive");
  ensure_scores(negatives, "negative");
  return auroc_of_sorted(sorted(positives), sorted(negatives));
}

Interval percentile_interval(std::vector<double> drawn, double confidence) {
  ensure(confidence > 0 && confidence < 1, "confidence: expected a number in (0, 1), found {}", confidence);
  ensure(!drawn.empty(), "resamples: expected at least 1, found 0");
  std::sort(drawn.begin(), drawn.end());
  const double tail = (1 - confidence) / 2;
  return {quantile(drawn, tail), quantile(drawn, 1 - tail)};
}

Interval auroc_interval(const std::vector<double>& positives, const std::vector<double>& negatives,
                        double confidence, std::size_t resamples, Seed seed) {
  ensure_scores(positives, "positive");
  ensure_scores(negatives, "negative");
  DrawnScores drawn_positives(positives), drawn_negatives(negatives);
  return drawn_interval(confidence, resamples, seed, [&](RandomStream& random) {
    drawn_positives.draw(random);
    drawn_negatives.draw(random);
    return auroc_of_drawn(drawn_positives, drawn_negatives);
  });
}

Interval mean_interval(const std::vector<double>& values, double confidence, std::size_t resamples, Seed seed) {
  ensure(!values.empty(), "mean: expected at least one value, found none");
  return drawn_interval(confidence, resamples, seed, [&](RandomStream& random) {
    double sum = 0;
    for (const double value : drawn_again(values, random)) sum += value;
    return sum / static_cast<double>(values.size());
  });
}

Retrieval retrieval(const std::vector<std::uint32_t>& selected,
                    const std::vector<std::uint8_t>& anomalous) {
  std::size_t found = 0;
  for (std::uint32_t input : selected) {
    ensure(input < anomalous.size(),
           "truth: expected one 0 or 1 for each input, found {} of them but input {} was returned",
           anomalous.size(), input);
    found += anomalous[input] != 0 ? 1U : 0U;
  }
  const auto all = static_cast<std::size_t>(
      std::count_if(anomalous.begin(), anomalous.end(), [](std::uint8_t n) { return n != 0; }));
  const auto share = [found](std::size_t of) -> std::optional<double> {
    if (of == 0) return std::nullopt;
    return static_cast<double>(found) / static_cast<double>(of);
  };
  return {share(selected.size()), share(all)};
}

}  // namespace deepmine
