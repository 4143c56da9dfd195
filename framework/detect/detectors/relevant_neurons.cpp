#include <algorithm>
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

/// The probability of being adversarial by a random forest on those units of a network that tell its classes apart.
///
/// Units are selected for each class on clean and on adversarial inputs. The forest sees those of all classes together;
/// with `label` an input shows only those of its predicted class, all others being 0 (so that the class shows, too).
/// Source: relevant-neurons, detector; differs from it in: inputs have the class that they are given, also clean ones;
/// adversarial inputs whose labels are known select units only if they deceive; units that hardly ever respond are left
/// out.
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
      const std::vector<std::string> sets{"clean", "shared", "symmetric-difference", "adversarial", "all"};
      std::vector<std::string> all = sets;
      all.emplace_back("random");
      fields.add({"set", &set, "", "units of a class: relevant to its clean inputs, to its adversarial ones, to both "
                  "(shared) or to one of them; all; or as many at random", "relevant-neurons", {}, all});
      fields.add({"like", &like, "", "of set=random: which set it is as large as", "ours", {}, sets});
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
    sets_ = chosen_sets(data, clean, adversarial, seed.child("random units"), threads);
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

  std::vector<std::string> doubts() const override {
    const auto empty = std::count_if(sets_.begin(), sets_.end(), [](const auto& set) { return set.empty(); });
    if (empty == 0) return {};
    return {fmt::format("relevant-neurons: {} of the {} classes have no unit in set={}{}; give more inputs of them",
                        empty, sets_.size(), options_.set,
                        options_.label ? ", so that all their inputs score the same" : "")};
  }

  Npz learnt() const override {
    Npz content;
    keep(sets_, content);
    content.arrays["units"] = {{1}, std::vector<std::int64_t>{static_cast<std::int64_t>(units_)}};
    keep(forest_, content);
    return content;
  }

  void restore(const Npz& learnt) override {
    const std::vector<std::int64_t> units = matrix_in<std::int64_t>(learnt, "units").take();
    ensure(units.size() == 1 && units[0] > 0, "expected a number of units in what relevant-neurons has learnt");
    units_ = static_cast<std::size_t>(units[0]);
    sets_ = kept_sets(learnt, units_);
    universe_ = together(sets_);
    forest_ = kept_forest(learnt, universe_.size());
  }

 private:
  void check_width(const Descriptors& found) const {
    ensure(found.rows.cols() == units_, "relevant-neurons: expected inputs of {} units, as it learnt from, found {}",
           units_, found.rows.cols());
  }

  /// How many classes there are.
  static std::size_t classes_in(const FitData& data) {
    if (!data.clean.are_values()) return static_cast<std::size_t>(data.clean.logits().size(1));
    const torch::Tensor highest = torch::max(data.clean.predicted().max(), data.adversarial->predicted().max());
    return static_cast<std::size_t>(highest.item<std::int64_t>()) + 1;
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

  UnitSets chosen_sets(const FitData& data, const Descriptors& clean, const Descriptors& adversarial, Seed seed,
                       int threads) const {
    const std::size_t count = classes_in(data);
    const std::vector<std::size_t> rows = deceiving(*data.adversarial);
    const auto select = [&](const Matrix<double>& descriptors, std::vector<std::int64_t> classes) {
      return relevant_units(descriptors, classes, count, options_.selection, static_cast<std::size_t>(threads));
    };
    const Selected of_clean = select(clean.rows, numbers_of<std::int64_t>(data.clean.predicted()));
    std::vector<std::int64_t> classes;
    const auto predicted = numbers_of<std::int64_t>(data.adversarial->predicted());
    for (const std::size_t row : rows) classes.push_back(predicted[row]);
    const Selected of_adversarial = select(selected_rows(adversarial.rows, rows), std::move(classes));
    const auto set = [&](const std::string& name) {
      if (name == "clean") return of_clean.sets;
      if (name == "adversarial") return of_adversarial.sets;
      if (name == "all") return all_units(count, units_);
      return name == "shared" ? shared_units(of_clean.sets, of_adversarial.sets)
                              : unshared_units(of_clean.sets, of_adversarial.sets);
    };
    if (options_.set != "random") return set(options_.set);
    return random_units(set(options_.like), of_clean.dead, clean.sizes, options_.by_layer, seed);
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
  std::vector<std::size_t> universe_;   ///< those of any class
  RandomForest forest_;                 ///< on these
};

DEEPMINE_DETECTOR(RelevantNeurons, "relevant-neurons", "Random forest on units that tell classes apart");

}  // namespace
}  // namespace deepmine
