#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "framework/data/dataset.h"
#include "framework/detect/detector.h"
#include "framework/run/measurement.h"
#include "framework/run/workplace.h"

namespace deepmine {

/// Images that are scored one by one: those of a dataset from one on.
struct SingleSet {
  std::string name;  ///< one of its run's
  std::string kind;  ///< as in `InputSetRow`
  Dataset data;
  std::int64_t first = 0;

  std::int64_t size() const { return data.size() - first; }
  /// Items `begin` to `end` of the set, float32 in [0,1].
  torch::Tensor pixels(std::int64_t begin, std::int64_t end) const { return data.pixels(first + begin, first + end); }
};

/// What a detector learns from, owned.
struct Learning {
  Inputs clean;
  std::optional<Inputs> adversarial = {}, noisy = {};  ///< of detectors that need them
};

/// Images and what a detector says of them.
struct ScoredImages {
  InputSetRow row;
  std::map<std::string, std::vector<double>> parts;  ///< of the score; "" is the whole
};

/// The scores of sets by one detector, measured in units of 1000 images, so that little is lost by a kill. Each image's
/// score depends on that image alone, hence on no unit.
class SingleScores {
 public:
  using Learn = std::function<Learning()>;

  /// `detector` is a spec. `learn` gives what it is fitted on, if it learns: once, when the first unit is measured.
  /// Both references are kept. Throws `Error` for a detector of groups, for sets that the model does not take, and for
  /// a detector that cannot score what it gives.
  SingleScores(Classifier& classifier, const std::string& detector, std::vector<SingleSet> sets, Learn learn, Seed seed,
               const Workplace& place);

  const std::vector<SingleSet>& sets() const { return sets_; }
  /// They refer to this.
  std::vector<Unit> units();
  /// The scores of other images, float32 [n,C,H,W], of which `row` says all but the predicted classes.
  ScoredImages score(InputSetRow row, const torch::Tensor& images);
  Write writing(ScoredImages scored) const;
  /// What the model makes of images is kept for runs of other detectors, where it takes no more room than the images.
  void keep(Inputs& inputs) const;
  /// About the bytes that are held at most beside the sets, `fitted` images being learnt from.
  std::uint64_t memory(std::int64_t fitted) const;

 private:
  Write score(const SingleSet& set, std::int64_t begin, std::int64_t end);
  void score_into(ScoredImages& scored, const torch::Tensor& images, const std::string& what);
  const Detector& fitted();
  std::int64_t feature_values(const torch::Tensor& image) const;

  Classifier& classifier_;
  std::unique_ptr<Detector> detector_;
  std::string canonical_, layer_;
  std::vector<SingleSet> sets_;
  Learn learn_;
  Seed seed_;
  const Workplace& place_;
  bool is_fitted_ = false;
};

/// The detector that `spec` asks for. Throws `Error` for one of groups, which reads whatever layer it is given.
std::unique_ptr<Detector> make_single_detector(const Spec& spec);

}  // namespace deepmine
