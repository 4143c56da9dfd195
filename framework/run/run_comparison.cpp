#include "framework/run/run_comparison.h"

#include <fmt/format.h>

namespace deepmine {
namespace {

constexpr std::size_t kExamples = 5;

/// Rows with their `n_keys` first columns as key, in its order.
struct Kind {
  const char* name;
  std::size_t n_keys;
  std::string sql;
};

std::vector<Kind> kinds() {
  // A set's name says its attack.
  const std::string cell =
      "SELECT c.detector_spec AS detector, c.layer, c.part, c.input_set AS inputs, coalesce(c.target, '') AS target, "
      "c.kind, coalesce(c.anomalous_fraction, -1) AS anomalous_fraction, c.n_inputs, ";
  return {
      {"attacks", 2,
       "SELECT attack, coalesce(target, '') AS target, n_candidates, n_kept, success_rate, mean_l2, mean_linf, artifact"
       " FROM attack_set WHERE run = ?1 ORDER BY 1, 2"},
      {"inputs", 2,
       "SELECT s.name AS inputs, i.item, i.source, i.label, i.predicted, i.success FROM input_set AS s JOIN input AS i "
       "USING (input_set) WHERE s.run = ?1 ORDER BY 1, 2"},
      {"scores", 10,
       cell + "iif(c.kind = 'individual', -1, r.item) AS replicate, iif(c.kind = 'individual', r.item, -1) AS input,"
              " c.n_anomalous, r.score, d.alpha, d.n_selected, d.n_selected_anomalous, d.n_nodes, d.n_shared_sources, "
              "d.best_start, d.half_steps FROM cell AS c JOIN score AS r ON r.cell = c.cell LEFT JOIN scan_detail AS d "
              "ON d.cell = r.cell AND d.item = r.item WHERE c.run = ?1 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"},
      {"starts", 10,
       cell + "s.item, s.start, s.score FROM cell AS c JOIN start_score AS s ON s.cell = c.cell WHERE c.run = ?1"
              " ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"},
      {"detection", 9,
       cell + "d.metric, d.value, d.ci_low, d.ci_high, d.n FROM cell AS c JOIN detection AS d ON d.cell = c.cell"
              " WHERE c.run = ?1 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9"},
      {"checks", 1, "SELECT name, passed, detail FROM shape_check WHERE run = ?1 ORDER BY 1"}};
}

/// Rows of a run, one at a time.
class Cursor {
 public:
  Cursor(Database& database, const Kind& kind, const std::string& run)
      : rows_(database.prepare(kind.sql)), n_keys_(kind.n_keys) {
    rows_.bind(run);
    next();
  }

  bool there() const { return there_; }
  void next() {
    there_ = rows_.step();
    values_.clear();
    for (std::size_t i = 0; there_ && i < rows_.columns(); ++i) values_.push_back(rows_.value(i));
  }
  /// Under 0 where this row's key comes first, 0 for equal keys.
  int compare(const Cursor& other) const {
    for (std::size_t i = 0; i < n_keys_; ++i) {
      if (values_[i] < other.values_[i]) return -1;
      if (other.values_[i] < values_[i]) return 1;
    }
    return 0;
  }
  bool equals(const Cursor& other) const { return values_ == other.values_; }
  std::string key() const {
    std::string text;
    for (std::size_t i = 0; i < n_keys_; ++i) {
      const std::string value = text_of(values_[i], "none");
      if (!value.empty() && value != "-1") add(text, i);
    }
    return text;
  }
  /// The columns in which this row differs from the other.
  std::string differing(const Cursor& other) const {
    std::string text;
    for (std::size_t i = n_keys_; i < values_.size(); ++i) {
      if (values_[i] != other.values_[i]) add(text, i);
    }
    return text;
  }

 private:
  void add(std::string& text, std::size_t i) const {
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", rows_.name(i), text_of(values_[i], "none"));
  }
  Statement rows_;
  std::size_t n_keys_;
  bool there_ = false;
  std::vector<Value> values_;
};

void note(RowComparison& comparison, RowComparison::Difference difference) {
  ++comparison.n_different;
  if (comparison.examples.size() < kExamples) comparison.examples.push_back(std::move(difference));
}

RowComparison compare(const Kind& kind, Cursor first, Cursor second) {
  RowComparison result{kind.name};
  while (first.there() || second.there()) {
    const int order = !second.there() ? -1 : !first.there() ? 1 : first.compare(second);
    if (order < 0) {
      note(result, {first.key(), "present", "missing"});
    } else if (order > 0) {
      note(result, {second.key(), "missing", "present"});
    } else if (first.equals(second)) {
      ++result.n_equal;
    } else {
      note(result, {first.key(), first.differing(second), second.differing(first)});
    }
    if (order <= 0) first.next();
    if (order >= 0) second.next();
  }
  return result;
}

}  // namespace

std::vector<RowComparison> compare_runs(Database& first, const std::string& first_run, Database& second,
                                        const std::string& second_run) {
  std::vector<RowComparison> result;
  for (const Kind& kind : kinds()) {
    result.push_back(compare(kind, Cursor(first, kind, first_run), Cursor(second, kind, second_run)));
  }
  return result;
}

}  // namespace deepmine
