#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "framework/core/error.h"
#include "framework/detect/channel_energies.h"
#include "framework/detect/detector.h"
#include "framework/detect/kept_forest.h"
#include "framework/detect/learnt.h"
#include "framework/detect/relevant_units.h"
#include "framework/detect/rows.h"
#include "framework/learn/selected_rows.h"

namespace deepmine {
namespace {

constexpr std::int64_t kMostClasses = 10000;  ///< of values, where no model bounds them
constexpr double kWorthDoubt = 1e-6;          ///< a gap to the minimum that is larger than rounding
constexpr const char *kUnits = "units", *kUnseen = "classes without inputs", *kGap = "gap to the minimum";

/// The probability of being adversarial by a random forest on those units of a network that tell its classes apart.
///
/// Units are selected for each class on clean and on adversarial inputs. The forest sees those of all classes together;
/// with `label` an input shows only those of its predicted class, all others being 0 (so that the class shows, too).
/// Source: relevant-neurons, detector; differs from it in: the predicted class stands for the true one of clean inputs,
/// too; adversarial inputs whose labels are known select units only if they deceive; units that hardly ever respond are
/// left out.
class RelevantNeurons : public Detector {
 public:
  struct Options {
    std::string set = "clean";
    std::string like = "clean";
    bool by_layer = false;
    SelectionOptions selection;
    bool label = true;
    std::int64_t trees = 1000;
    ChannelEnergies::Options descriptor;

    void describe(Fields& fields) {
      const std::vector<std::string> selected{"clean", "shared", "symmetric-difference", "adversarial"};
      std::vector<std::string> all = selected;
      all.insert(all.end(), {"all", "random"});
      fields.add({"set", &set, "", "units of a class: relevant to its clean inputs, to its adversarial ones, to both "
                  "(shared) or to one of them; all; or as many at random", "relevant-neurons", {}, all});
      fields.add({"like", &like, "", "of set=random: which set it is as large as", "ours", {}, selected});
      fields.add({"by-layer", &by_layer, "", "of set=random: as large in every layer", "ours"});
      selection.describe(fields);
      fields.add({"label", &label, "", "whether an input shows only units of its predicted class", "relevant-neurons"});
      fields.add({"trees", &trees, "", "of the forest", "relevant-neurons", {1, 1e6}});
      descriptor.describe(fields);
    }
  };

  explicit RelevantNeurons(const Options& options) : options_(options), energies_(options.descriptor) {}

  std::set<Feature> features() const override { return energies_.features(); }
  bool reads_logits() const override { return false; }
  Needs needs() const override { return {true, false}; }

  void fit(const FitData& data, Seed seed, int threads) override {
    ensure(data.adversarial != nullptr, "relevant-neurons: expected adversarial inputs to learn from, found none");
    const Descriptors clean = energies_.of(data.clean), adversarial = energies_.of(*data.adversarial);
    units_ = clean.rows.cols();
    ensure(units_ >= 2, "relevant-neurons: expected two units or more, found {}, whose descriptor is 1 for every input",
           units_);
    check_width(adversarial);
    choose_sets(data, clean, adversarial, seed.child("random units"), threads);
    universe_ = together(sets_);
    ensure(!universe_.empty(),
           "relevant-neurons: expected units in set={}, found none; take a larger mu or another set", options_.set);
    fit_forest(shown(data.clean, clean), shown(*data.adversarial, adversarial), seed.child("forest"), threads);
  }

  Scores score(const Inputs& inputs, int threads) const override {
    const Descriptors found = energies_.of(inputs);
    check_width(found);
    return {forest_.probabilities(shown(inputs, found), static_cast<std::size_t>(threads))};
  }

  /// Out of bag: the trees that have seen an input know what it is.
  std::vector<double> scores_of_learnt(const Inputs& clean, int) const override {
    std::vector<double> scores = forest_.out_of_bag;
    const auto count = static_cast<std::size_t>(clean.size());
    ensure(count < scores.size(), "relevant-neurons: expected clean ones of the {} inputs learnt from, found {} inputs",
           scores.size(), count);
    scores.resize(count);  // adversarial inputs come after them
    scores.erase(std::remove_if(scores.begin(), scores.end(), [](double score) { return std::isnan(score); }),
                 scores.end());
    ensure(!scores.empty(),
           "relevant-neurons: expected clean inputs that some tree has not seen, found none of {}; take more trees",
           clean.size());
    return scores;
  }

  std::vector<std::string> doubts() const override {
    const auto empty = std::count_if(sets_.begin(), sets_.end(), [](const auto& set) { return set.empty(); });
    std::vector<std::string> lines;
    const auto tell = [&](std::int64_t classes, const char* cure) {
      if (classes <= 0) return;
      lines.push_back(fmt::format("relevant-neurons: {} of the {} classes have no unit in set={}{}; {}", classes,
                                  sets_.size(), options_.set,
                                  options_.label ? ", so that all their inputs score the same" : "", cure));
    };
    tell(unseen_, "they have no input that selects any: give more inputs of them");
    tell(empty - unseen_, "take another mu or set");
    if (gap_ > kWorthDoubt) {
      lines.push_back(fmt::format(
          "relevant-neurons: the weights that select units are off their minimum by up to {:.1e} of it; change mu",
          gap_));
    }
    return lines;
  }

  Npz learnt() const override {
    Npz content;
    keep(sets_, content);
    content.arrays[kUnits] = {{1}, std::vector<std::int64_t>{static_cast<std::int64_t>(units_)}};
    content.arrays[kUnseen] = {{1}, std::vector<std::int64_t>{unseen_}};
    content.arrays[kGap] = {{1}, std::vector<double>{gap_}};
    keep(forest_, content);
    return content;
  }

  void restore(const Npz& learnt) override {
    const std::vector<std::int64_t> units = matrix_in<std::int64_t>(learnt, kUnits).take(),
                                    unseen = matrix_in<std::int64_t>(learnt, kUnseen).take();
    const std::vector<double> gap = matrix_in<double>(learnt, kGap).take();
    ensure(units.size() == 1 && units[0] > 0, "expected a number of units in what relevant-neurons has learnt");
    units_ = static_cast<std::size_t>(units[0]);
    sets_ = kept_sets(learnt, units_);
    ensure(unseen.size() == 1 && unseen[0] >= 0 && static_cast<std::size_t>(unseen[0]) <= sets_.size() &&
               gap.size() == 1,
           "expected a number of classes and a gap in what relevant-neurons has learnt");
    unseen_ = unseen[0];
    gap_ = gap[0];
    universe_ = together(sets_);
    forest_ = kept_forest(learnt, universe_.size());
  }

 private:
  void check_width(const Descriptors& found) const {
    ensure(found.rows.cols() == units_, "relevant-neurons: expected inputs of {} units, as it learnt from, found {}",
           units_, found.rows.cols());
  }

  /// How many classes there are. Throws `Error` for inputs of others.
  static std::size_t classes_in(const FitData& data) {
    const torch::Tensor both = torch::cat({data.clean.predicted(), data.adversarial->predicted()});
    const auto lowest = both.min().item<std::int64_t>(), highest = both.max().item<std::int64_t>();
    const std::int64_t most = data.clean.are_values() ? kMostClasses : data.clean.logits().size(1);
    ensure(lowest >= 0 && highest < most, "relevant-neurons: expected classes from 0 to {}, found {}", most - 1,
           lowest < 0 ? lowest : highest);
    return static_cast<std::size_t>(data.clean.are_values() ? highest + 1 : most);
  }

  /// Of the adversarial inputs those that deceive, as far as their labels tell.
  static std::vector<std::size_t> deceiving(const Inputs& adversarial) {
    const auto predicted = numbers_of<std::int64_t>(adversarial.predicted());
    const auto labels = adversarial.labels.defined() ? numbers_of<std::int64_t>(adversarial.labels)
                                                     : std::vector<std::int64_t>(predicted.size(), -1);
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < predicted.size(); ++i) {
      if (predicted[i] != labels[i]) rows.push_back(i);
    }
    ensure(!rows.empty(), "relevant-neurons: expected adversarial inputs that deceive the model, found none of {}",
           predicted.size());
    return rows;
  }

  /// What selects units: that of random ones is the set that they are like.
  const std::string& selecting() const { return options_.set == "random" ? options_.like : options_.set; }

  /// The units that `rows` of inputs select for each class.
  Selected selected(const char* what, const Inputs& inputs, const Descriptors& found,
                    const std::vector<std::size_t>& rows, std::size_t count, int threads) const {
    const auto predicted = numbers_of<std::int64_t>(inputs.predicted());
    std::vector<std::int64_t> classes;
    for (const std::size_t row : rows) classes.push_back(predicted[row]);
    const std::set<std::int64_t> present(classes.begin(), classes.end());
    ensure(present.size() >= 2,
           "relevant-neurons: expected {} inputs of two classes or more, to select units by, found {}; give such (the "
           "classes of values are --train-labels and --adversarial-predicted), or take set=all",
           what, present.size());
    return relevant_units(selected_rows(found.rows, rows), classes, count, options_.selection,
                          static_cast<std::size_t>(threads));
  }

  /// The selection that the set is made from, where it takes two their combination.
  Selected selection(const FitData& data, const Descriptors& clean, const Descriptors& adversarial, int threads) const {
    const std::size_t count = classes_in(data);
    const std::string& name = selecting();
    const auto of_clean = [&] {
      std::vector<std::size_t> rows(clean.rows.rows());
      std::iota(rows.begin(), rows.end(), std::size_t{0});
      return selected("clean", data.clean, clean, rows, count, threads);
    };
    const auto of_adversarial = [&] {
      return selected("adversarial", *data.adversarial, adversarial, deceiving(*data.adversarial), count, threads);
    };
    if (name == "all") return {all_units(count, units_), {}, std::vector<std::uint8_t>(count, 1)};
    if (name == "clean") return of_clean();
    if (name == "adversarial") return of_adversarial();
    return name == "shared" ? shared(of_clean(), of_adversarial()) : unshared(of_clean(), of_adversarial());
  }

  void choose_sets(const FitData& data, const Descriptors& clean, const Descriptors& adversarial, Seed seed,
                   int threads) {
    Selected found = selection(data, clean, adversarial, threads);
    unseen_ = 0;
    for (std::size_t c = 0; c < found.sets.size(); ++c) {
      if (found.seen[c] == 0 && found.sets[c].empty()) ++unseen_;
    }
    gap_ = found.gap;
    sets_ = options_.set == "random" ? random_units(found.sets, found.dead, clean.sizes, options_.by_layer, seed)
                                     : std::move(found.sets);
  }

  void fit_forest(const Matrix<double>& clean, const Matrix<double>& adversarial, Seed seed, int threads) {
    std::vector<double> values(clean.data(), clean.data() + clean.size());
    values.insert(values.end(), adversarial.data(), adversarial.data() + adversarial.size());
    std::vector<std::uint8_t> positive(clean.rows(), 0);
    positive.resize(clean.rows() + adversarial.rows(), 1);
    const Matrix<double> rows(positive.size(), universe_.size(), std::move(values));
    ForestOptions options;
    options.trees = static_cast<std::size_t>(options_.trees);
    forest_ = RandomForest::fit(rows, positive, options, seed, static_cast<std::size_t>(threads));
  }

  /// [N x universe], what the forest sees.
  Matrix<double> shown(const Inputs& inputs, const Descriptors& found) const {
    const auto predicted = numbers_of<std::int64_t>(inputs.predicted());
    Matrix<double> rows(found.rows.rows(), universe_.size());
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      for (std::size_t k = 0; k < universe_.size(); ++k) {
        if (shows(predicted[i], universe_[k])) rows(i, k) = found.rows(i, universe_[k]);
      }
    }
    return rows;
  }

  /// Whether an input of this predicted class shows the unit.
  bool shows(std::int64_t predicted, std::size_t unit) const {
    if (!options_.label) return true;
    const auto place = static_cast<std::size_t>(predicted);
    return place < sets_.size() && std::binary_search(sets_[place].begin(), sets_[place].end(), unit);
  }

  Options options_;
  ChannelEnergies energies_;
  std::size_t units_ = 0;               ///< of a descriptor
  UnitSets sets_;                       ///< of each class
  std::int64_t unseen_ = 0;             ///< classes without a unit because they had no input
  double gap_ = 0;                      ///< of the selection
  std::vector<std::size_t> universe_;   ///< those of any class
  RandomForest forest_;                 ///< on these
};

DEEPMINE_DETECTOR(RelevantNeurons, "relevant-neurons", "Random forest on units that tell classes apart");

}  // namespace
}  // namespace deepmine
