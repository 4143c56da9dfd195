#include "framework/run/run_comparison.h"

#include <fmt/format.h>

namespace deepmine {
namespace {

constexpr std::size_t kExamples = 5;

/// Rows with their `n_keys` first columns as key, in its order.
struct Kind {
  const char* name;
  std::size_t n_keys;
  const char* sql;
};

constexpr Kind kKinds[] = {
    {"attacks", 2, "SELECT attack, coalesce(target, ''), n_candidates, n_kept, success_rate, mean_l2, mean_linf, artifact"
                   " FROM attack_set WHERE run = ?1 ORDER BY 1, 2"},
    {"scans", 9, "SELECT detector, layer, coalesce(attack, ''), coalesce(target, ''), kind, coalesce(anomalous_fraction, -1),"
                 " n_inputs, coalesce(replicate, -1) AS replicate, coalesce(input, -1) AS input, n_anomalous, n_shared_sources,"
                 " score, alpha, n_selected, n_nodes, precision, recall, best_start, half_steps"
                 " FROM scan_result WHERE run = ?1 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, n_anomalous"},
    {"starts", 8, "SELECT c.detector, c.layer, coalesce(c.attack, '') AS attack, coalesce(c.target, '') AS target, c.n_inputs,"
                  " c.n_anomalous, s.item, s.start, s.score FROM start_score AS s JOIN scan_cell AS c USING (cell)"
                  " WHERE c.run = ?1 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8"},
    {"detection", 7, "SELECT detector, layer, coalesce(attack, ''), coalesce(target, ''), kind, coalesce(anomalous_fraction, -1),"
                     " metric, value, ci_low, ci_high, n FROM detection WHERE run = ?1 ORDER BY 1, 2, 3, 4, 5, 6, 7"},
    {"checks", 1, "SELECT name, passed, detail FROM shape_check WHERE run = ?1 ORDER BY 1"}};

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
      const std::string value = text_of(i);
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
    std::string name = rows_.name(i);
    if (name.rfind("coalesce(", 0) == 0) name = name.substr(9, name.find(',') - 9);
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, text_of(i));
  }
  std::string text_of(std::size_t i) const {
    const Value& value = values_[i];
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    return "none";
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
  for (const Kind& kind : kKinds) {
    result.push_back(compare(kind, Cursor(first, kind, first_run), Cursor(second, kind, second_run)));
  }
  return result;
}

}  // namespace deepmine
