#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace deepmine {

/// What the rows of the store hold, in the words of results/schema.sql, which says what each means.

struct DatasetRow {
  std::string sha256;
  std::string name;
  std::string part;
  std::int64_t n = 0;
};

struct ModelRow {
  std::string sha256;
  std::string network;                  ///< canonical spec
  std::string dataset;                  ///< what it was trained on, by name
  std::optional<double> test_accuracy;  ///< in [0, 1]
  std::string recipe;                   ///< canonical text of the training options
};

struct ArtifactRow {
  std::string sha256;
  std::string kind;
  std::int64_t bytes = 0;
  std::string path;
};

/// The adversarial inputs one attack made for one target.
struct AttackSetRow {
  std::string model;                       ///< sha256 of a model row
  std::string dataset;                     ///< sha256 of a dataset row
  std::string attack;                      ///< canonical spec
  std::optional<std::string> target = {};  ///< null when not targeted
  std::int64_t n_candidates = 0;
  std::int64_t n_kept = 0;
  double success_rate = 0;             ///< in [0, 1]
  std::optional<double> mean_l2 = {};  ///< over the kept ones, pixel units of [0,1]
  std::optional<double> mean_linf = {};
  std::optional<std::string> artifact = {};  ///< sha256 of an artifact row
};

/// What the test sets of a group of scans have in common: one cell of a paper's table.
struct ScanCell {
  std::string detector = "subset-scan";
  std::string layer;
  std::optional<std::string> attack = {};      ///< canonical spec; null where nothing is noised
  std::optional<std::string> target = {};      ///< "0" to "9", "All"; null where there is none
  std::string kind;                            ///< "null", "mixed" or "individual"
  std::optional<double> noised_fraction = {};  ///< null for individual scans
  std::int64_t n_inputs = 0;
  std::int64_t n_noised = 0;
};

/// One scan of one test set.
struct ScanRow {
  std::int64_t item = 0;  ///< replicate, or the input's index if individual
  double score = 0;
  std::optional<double> alpha = {};             ///< null for the empty subset
  std::int64_t n_selected = 0;                  ///< inputs in the subset found
  std::int64_t n_selected_noised = 0;           ///< of these, noised; gives precision and recall
  std::int64_t n_nodes = 0;                     ///< nodes in the subset found
  std::int64_t n_shared_sources = 0;            ///< sources present both clean and noised
  std::optional<std::int64_t> best_start = {};  ///< which start won, from 0
  std::optional<std::int64_t> half_steps = {};
  double milliseconds = 0;                ///< not a result: never compared
  std::vector<double> start_scores = {};  ///< kept when not empty
};

/// A number computed from scores, with its interval.
struct DetectionRow {
  std::string detector = "subset-scan";
  std::string layer;
  std::optional<std::string> attack = {};
  std::optional<std::string> target = {};
  std::string kind;  ///< as in `ScanCell`
  std::optional<double> noised_fraction = {};
  std::string metric;  ///< "auroc", ...
  std::optional<double> value = {};
  std::optional<double> ci_low = {};
  std::optional<double> ci_high = {};
  std::optional<std::int64_t> n = {};
};

struct ShapeCheckRow {
  std::string name;
  bool passed = false;
  std::string detail;
};

}  // namespace deepmine
