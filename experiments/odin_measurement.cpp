#include "experiments/odin_measurement.h"

#include <algorithm>
#include <optional>

#include "framework/core/error.h"
#include "framework/evaluate/doubts.h"
#include "framework/evaluate/model_rows.h"
#include "framework/evaluate/result_sources.h"
#include "framework/evaluate/single_scores.h"
#include "framework/run/sources.h"

namespace deepmine {
namespace {

std::unique_ptr<Classifier> classifier_named(const std::string& model) {
  ensure(!model.empty(),
         "model: expected a classifier trained on the dataset, found none; name one with --set model=FILE. The "
         "network of the published table is --set model=densenet:depth=100,growth=12,weights=FILE.npz with the weights "
         "densenet10.pth.tar of github.com/facebookresearch/odin; README.md says how they become .npz");
  return load_classifier(model);
}

bool is_noise(const Dataset& data) {
  return data.name.rfind("gaussian:", 0) == 0 || data.name.rfind("uniform:", 0) == 0;
}

class OdinMeasurement : public Measurement {
 public:
  OdinMeasurement(const OdinOptions& options, Workplace& place);

  RunKey key() const override;
  std::vector<Unit> units() override { return scores_.units(); }
  void write_inputs(UnitWriter& writer) const override;
  MemoryNeed memory() const override {
    return {scores_.memory(options_.fit), "give it fewer --threads, lower fit, or give it a machine or job with more"};
  }

 private:
  std::vector<SingleSet> sets() const;
  SingleSet set(Dataset data, const std::string& kind) const;
  void load_training();
  SourceFiles sources() const;
  Inputs clean();

  OdinOptions options_;
  Workplace& place_;
  std::unique_ptr<Classifier> classifier_;
  SingleScores scores_;
  Doubts doubts_;
  std::optional<Dataset> training_;  ///< of detectors that learn
};

OdinMeasurement::OdinMeasurement(const OdinOptions& options, Workplace& place)
    : options_(options),
      place_(place),
      classifier_(classifier_named(options.model)),
      scores_(
          *classifier_, options.detector, sets(), [this] { return clean(); },
          Seed(place.seed).child("odin").child("fit"), place) {
  const Dataset& data = scores_.sets().front().data;
  check_trained_on(*classifier_, data.name, "model");
  doubts_.look_at(*classifier_, data.pixels(0, std::min(data.size(), Doubts::kImages)), "model");
  doubts_.tell(place_);
  if (make_single_detector(Spec::parse(options_.detector))->learns()) load_training();
}

SingleSet OdinMeasurement::set(Dataset data, const std::string& kind) const {
  const std::string name = data.name;
  const std::int64_t skipped = kind == "clean" ? options_.skip : options_.skipped(name);
  ensure(data.size() > skipped, "skip: expected fewer than the {} test images of {}, found {}", data.size(), name,
         skipped);
  return {name, kind, std::move(data), skipped};
}

/// The in-distribution images first.
std::vector<SingleSet> OdinMeasurement::sets() const {
  const DataFolders folders(place_.data);
  std::vector<SingleSet> sets{set(load_dataset(options_.dataset, Part::kTest, folders), "clean")};
  for (const std::string& name : options_.ood_sets()) {
    Dataset data = load_dataset(name, Part::kTest, folders);
    const std::string kind = is_noise(data) ? "noise" : "ood";
    sets.push_back(set(std::move(data), kind));
  }
  return sets;
}

void OdinMeasurement::load_training() {
  training_ = load_dataset(options_.dataset, Part::kTrain, DataFolders(place_.data));
  ensure(options_.fit <= training_->size(), "fit: expected at most {}, the training images of {}, found {}",
         training_->size(), training_->name, options_.fit);
}

Inputs OdinMeasurement::clean() {
  Inputs inputs(*classifier_, training_->pixels(0, options_.fit), "images to learn from", place_.progress,
                place_.threads);
  if (training_->labelled()) inputs.labels = training_->labels.slice(0, 0, options_.fit);
  return inputs;
}

SourceFiles OdinMeasurement::sources() const {
  SourceFiles files = activation_sources(*classifier_);
  files.merge(detector_sources(options_.detector));
  for (const SingleSet& set : scores_.sets()) files.merge(dataset_sources(set.data.name));
  files.insert({"experiments/odin_measurement.h", "experiments/odin_checks.h"});
  return files;
}

RunKey OdinMeasurement::key() const {
  auto parameters = options_.canonical();
  if (!training_) parameters.erase("fit");
  std::map<std::string, std::string> inputs{{"model", classifier_->sha256()}};
  for (const SingleSet& set : scores_.sets()) inputs[set.kind == "clean" ? "dataset" : set.name] = set.data.sha256;
  if (training_) inputs["training images"] = training_->sha256;
  return {"odin", place_.profile, parameters, place_.seed, inputs, Sources::of_program().digest(sources())};
}

void OdinMeasurement::write_inputs(UnitWriter& writer) const {
  for (const SingleSet& set : scores_.sets()) writer.add(dataset_row(set.data));
  if (training_) writer.add(dataset_row(*training_));
  writer.add(model_row(*classifier_));
  doubts_.write(writer);
}

}  // namespace

std::unique_ptr<Measurement> odin_measurement(const OdinOptions& options, Workplace& place) {
  return std::make_unique<OdinMeasurement>(options, place);
}

}  // namespace deepmine
