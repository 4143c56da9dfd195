#include "framework/evaluate/benchmark_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "framework/core/interrupt.h"
#include "framework/evaluate/single_metrics.h"
#include "framework/evaluate/single_scores.h"
#include "framework/learn/classwise_intervals.h"
#include "framework/learn/detection_metrics.h"
#include "framework/learn/transductive_scores.h"

namespace deepmine {
namespace {

constexpr int kBetaSteps = 10;
constexpr std::size_t kResamples = 200;
constexpr const char* kTransductive = "transductive";

/// Scores by part of the images of a set, and what is known of these.
struct SetScores {
  std::int64_t number = 0;  ///< of the set
  std::string name, kind;
  std::vector<std::int64_t> classes;
  std::vector<bool> success;  ///< true where no attack was made
  std::map<std::string, std::vector<double>> parts;

  ClassedScores part(const std::string& which) const { return {parts.at(which), classes}; }
  bool all_succeeded() const { return std::find(success.begin(), success.end(), false) == success.end(); }
};

std::vector<SetScores> scores_of_sets(Database& database, const std::string& run) {
  Statement rows = database.prepare(
      "SELECT s.input_set, s.kind, c.part, r.score, i.predicted, coalesce(i.success, 1), s.name FROM score_cell AS c"
      " JOIN input_set AS s USING (input_set) JOIN score AS r USING (cell) JOIN input AS i ON i.input_set = "
      "s.input_set AND i.item = r.item"
      " WHERE c.run = ?1 AND c.kind = 'individual' ORDER BY s.kind <> 'clean', s.input_set, c.cell, r.item");
  rows.bind(run);
  std::vector<SetScores> sets;
  while (rows.step()) {
    if (sets.empty() || sets.back().number != rows.integer(0))
      sets.push_back({rows.integer(0), rows.text(6), rows.text(1), {}, {}, {}});
    SetScores& set = sets.back();
    std::vector<double>& scores = set.parts[rows.text(2)];
    scores.push_back(rows.real(3));
    if (scores.size() <= set.classes.size()) continue;
    set.classes.push_back(rows.integer(4));
    set.success.push_back(rows.integer(5) == 1);
  }
  return sets;
}

template <typename Keep>
ClassedScores only(const ClassedScores& scores, Keep keep) {
  ClassedScores kept;
  for (std::size_t i = 0; i < scores.scores.size(); ++i) {
    if (!keep(i)) continue;
    kept.scores.push_back(scores.scores[i]);
    kept.classes.push_back(scores.classes[i]);
  }
  return kept;
}

struct Power {
  double tnr95, auroc, accuracy;
  std::size_t n;
};

/// None where no class has inputs of both kinds, and a threshold.
std::optional<Power> power_of(const ClassedScores& in, const ClassedScores& out, const ClassThresholds& thresholds) {
  const auto has_threshold = [&](const ClassedScores& scores) {
    return only(scores, [&](std::size_t i) { return thresholds.count(scores.classes[i]) > 0; });
  };
  const ClassedScores known = has_threshold(in), judged = has_threshold(out);
  const bool any = std::any_of(judged.classes.begin(), judged.classes.end(), [&](std::int64_t kind) {
    return std::find(known.classes.begin(), known.classes.end(), kind) != known.classes.end();
  });
  if (!any) return std::nullopt;
  const ClasswiseMetrics metrics = classwise_metrics(known, judged, thresholds);
  return Power{metrics.tnr, metrics.auroc, metrics.accuracy(), judged.scores.size() - metrics.unjudged};
}

class SetMetrics {
 public:
  /// `seed`: of the set's intervals.
  SetMetrics(std::int64_t set, std::string part, Seed seed) : set_(set), part_(std::move(part)), seed_(seed) {}

  /// `success` of the anomalous inputs; empty where none is to be told from the others.
  void judge(const ClassedScores& in, const ClassedScores& out, const std::vector<bool>& success) {
    judge(in, out, std::string());
    if (success.empty()) return;
    const ClassedScores successful = only(out, [&](std::size_t i) { return success[i]; });
    if (!successful.scores.empty()) judge(in, successful, " successful");
  }
  void write(UnitWriter& writer, const ScoreCell& like) const {
    ScoreCell cell = like;
    cell.part = part_;
    const std::int64_t number = writer.cell(set_, cell);
    for (const DetectionRow& row : rows_) writer.add(number, row);
  }

 private:
  void judge(const ClassedScores& in, const ClassedScores& out, const std::string& which) {
    if (const auto power = power_of(in, out, class_thresholds(in))) {
      const bool published = which.empty() && (part_.empty() || part_ == kTransductive);
      std::optional<ClasswiseIntervals> intervals;
      if (published) intervals = classwise_intervals(in, out, 0.95, kResamples, seed_.child(part_));
      add("tnr95" + which, power->tnr95, power->n, intervals ? &intervals->tnr : nullptr);
      add("mean-auroc" + which, power->auroc, power->n, intervals ? &intervals->auroc : nullptr);
      if (published) add("accuracy95", power->accuracy, power->n);
    }
    const ClassedScores even = only(in, [](std::size_t i) { return i % 2 == 0; });
    const ClassedScores odd = only(in, [](std::size_t i) { return i % 2 == 1; });
    if (const auto power = power_of(odd, out, class_thresholds(even))) {
      add("tnr95" + which + " held-out", power->tnr95, power->n);
      add("mean-auroc" + which + " held-out", power->auroc, power->n);
    }
  }
  void add(const std::string& metric, double value, std::size_t n, const Interval* interval = nullptr) {
    rows_.push_back({metric, value, {}, {}, static_cast<std::int64_t>(n)});
    if (interval == nullptr) return;
    rows_.back().ci_low = interval->low;
    rows_.back().ci_high = interval->high;
  }

  std::int64_t set_;
  std::string part_;
  Seed seed_;
  std::vector<DetectionRow> rows_;
};

ClassedScores weighted(const std::vector<double>& mdl, const std::vector<double>& logits, double beta,
                       const std::vector<std::int64_t>& classes) {
  ClassedScores sum{std::vector<double>(mdl.size()), classes};
  for (std::size_t i = 0; i < mdl.size(); ++i) sum.scores[i] = (1 - beta) * mdl[i] + beta * logits[i];
  return sum;
}

/// What follows from one set's scores and those of clean images.
class Concluded {
 public:
  /// `by_class`: scores compare within a predicted class only. `beta`: the detector's own weight.
  Concluded(bool by_class, std::optional<double> beta) : by_class_(by_class), beta_(beta) {}

  std::vector<SetMetrics> of(SetScores clean, SetScores set, Seed seed) const {
    if (!by_class_) {  // all of one class
      for (SetScores* scores : {&clean, &set}) scores->classes.assign(scores->classes.size(), 0);
    }
    const std::vector<bool> success = set.kind == "adversarial" ? set.success : std::vector<bool>();
    std::vector<SetMetrics> found;
    for (const auto& [part, _] : set.parts) {
      found.emplace_back(set.number, part, seed);
      found.back().judge(clean.part(part), set.part(part), success);
    }
    if (!beta_ || set.parts.count("mdl") == 0 || set.parts.count("logits") == 0) return found;
    const MixedScores mdl = transductive_scores(clean.part("mdl"), set.part("mdl"));
    const MixedScores logits = transductive_scores(clean.part("logits"), set.part("logits"));
    const auto transductive = [&](const std::string& name, double beta) {
      found.emplace_back(set.number, name, seed);
      found.back().judge(weighted(mdl.in_distribution, logits.in_distribution, beta, clean.classes),
                         weighted(mdl.anomalous, logits.anomalous, beta, set.classes), success);
    };
    transductive(kTransductive, *beta_);
    for (int step = 0; step <= kBetaSteps; ++step) {
      const double beta = static_cast<double>(step) / kBetaSteps;
      const std::string name = fmt::format("beta {:g}", beta);
      transductive("transductive " + name, beta);
      found.emplace_back(set.number, name, seed);
      found.back().judge(weighted(clean.parts.at("mdl"), clean.parts.at("logits"), beta, clean.classes),
                         weighted(set.parts.at("mdl"), set.parts.at("logits"), beta, set.classes), success);
    }
    return found;
  }

 private:
  bool by_class_;
  std::optional<double> beta_;
};

std::optional<double> beta_in(const std::string& detector) {
  const auto values = Spec::parse(detector).values;
  const auto found = values.find("beta");
  return found == values.end() ? std::nullopt : std::optional<double>(parse_real(found->second, "beta"));
}

}  // namespace

void write_benchmark_metrics(Run& run, Database& database, Seed seed) {
  constexpr const char* kUnit = "class-wise metrics";
  write_single_metrics(run, database, seed);
  if (run.unit_done(kUnit)) return;
  Statement cell = database.prepare("SELECT detector, layer FROM score_cell WHERE run = ?1 LIMIT 1");
  cell.bind(run.uid());
  if (!cell.step()) return;
  const ScoreCell like{cell.text(0), cell.text(1)};
  const Concluded concluded(make_single_detector(Spec::parse(like.detector))->within_class(), beta_in(like.detector));
  const std::vector<SetScores> sets = scores_of_sets(database, run.uid());
  std::vector<SetMetrics> found;
  for (std::size_t i = 1; i < sets.size(); ++i) {
    throw_if_interrupted();
    for (SetMetrics& metrics : concluded.of(sets.front(), sets[i], seed.child(sets[i].name))) found.push_back(std::move(metrics));
  }
  run.write_unit(kUnit, [&](UnitWriter& writer) {
    for (const SetMetrics& metrics : found) metrics.write(writer, like);
  });
}

}  // namespace deepmine
