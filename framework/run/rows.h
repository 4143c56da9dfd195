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

/// What is known of one image of a set.
struct InputRow {
  std::optional<std::int64_t> source = {};     ///< index of the dataset's image that it is or was made from
  std::optional<std::int64_t> label = {};      ///< true class
  std::optional<std::int64_t> predicted = {};  ///< class the model gives it
  std::optional<bool> success = {};            ///< of the attack on it
};

/// Images scored together, as one model sees them.
struct InputSetRow {
  std::string name;                         ///< one of its run's
  std::string kind;                         ///< "clean", "adversarial", "ood" or "noise"
  std::optional<std::string> dataset = {};  ///< name or canonical spec
  std::optional<std::string> attack = {};   ///< canonical spec
  std::optional<std::string> target = {};   ///< "0" to "9", "All"; null where there is none
  std::optional<std::string> kept = {};     ///< "wrong", "fooled"; null for all images
  std::vector<InputRow> inputs = {};  ///< one for each image; what scores and metrics call an item is its place here
  std::int64_t first = 0;             ///< of units that score a part of the set: the item of the first of `inputs`,
  std::optional<std::int64_t> n = {};       ///< and how many images the whole set has
};

/// What a group of scores of one input set has in common: one cell of a paper's table.
struct ScoreCell {
  std::string detector;                           ///< canonical spec
  std::string layer = {};                         ///< empty where the detector reads many or none
  std::string part = {};                          ///< part of the detector's score; empty for the whole
  std::string kind = "individual";                ///< "individual", "mixed" or "null"; of groups all below
  std::optional<double> anomalous_fraction = {};  ///< null for single inputs, as the next two
  std::optional<std::int64_t> n_inputs = {};
  std::optional<std::int64_t> n_anomalous = {};
};

/// One scan of one test set.
struct ScanRow {
  std::int64_t item = 0;  ///< replicate, or of a single input its place in the set
  double score = 0;
  std::optional<double> alpha = {};             ///< null for the empty subset
  std::int64_t n_selected = 0;                  ///< inputs in the subset found
  std::int64_t n_selected_anomalous = 0;        ///< of these, anomalous; gives precision and recall
  std::int64_t n_nodes = 0;                     ///< nodes in the subset found
  std::int64_t n_shared_sources = 0;            ///< sources present both clean and anomalous
  std::optional<std::int64_t> best_start = {};  ///< which start won, from 0
  std::optional<std::int64_t> half_steps = {};
  double milliseconds = 0;                ///< not a result: never compared
  std::vector<double> start_scores = {};  ///< kept when not empty
};

/// A number computed from the scores of a cell and of its clean counterpart, with its interval.
struct DetectionRow {
  std::string metric;  ///< "auroc", "fpr95", ...
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
