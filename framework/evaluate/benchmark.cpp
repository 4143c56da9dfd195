#include "framework/evaluate/benchmark.h"

#include <algorithm>
#include <utility>

#include "framework/core/error.h"
#include "framework/evaluate/model_rows.h"
#include "framework/run/sources.h"

namespace deepmine {
namespace {

std::unique_ptr<Classifier> classifier_named(const std::string& model, const std::string& cure) {
  ensure(!model.empty(),
         "model: expected a classifier trained on the dataset, found none; name one with --set model=FILE{}{}",
         cure.empty() ? "" : ". ", cure);
  return load_classifier(model);
}

bool is_noise(const Dataset& data) {
  return data.name.rfind("gaussian:", 0) == 0 || data.name.rfind("uniform:", 0) == 0;
}

}  // namespace

Benchmark::Benchmark(const BenchmarkOptions& options, BenchmarkProtocol protocol, Workplace& place)
    : options_(options),
      protocol_(std::move(protocol)),
      place_(place),
      classifier_(classifier_named(options.model, protocol_.model_cure)),
      scores_(
          *classifier_, options.detector, sets(), [this] { return learning(); }, seed().child("fit"), place) {
  const Dataset& data = test();
  check_trained_on(*classifier_, data.name, "model");
  doubts_.look_at(*classifier_, data.pixels(0, std::min(data.size(), Doubts::kImages)), "model");
  doubts_.tell(place_);
  if (make_single_detector(Spec::parse(options_.detector))->learns()) load_training();
}

SingleSet Benchmark::set(Dataset data, const std::string& kind) const {
  const std::string name = data.name;
  const std::int64_t skipped = kind == "clean" ? options_.clean_skipped() : options_.skipped(name);
  ensure(data.size() > skipped, "{}: expected fewer than the {} test images of {}, found {}", options_.skipped_by(),
         data.size(), name, skipped);
  return {name, kind, std::move(data), skipped};
}

/// The in-distribution images first.
std::vector<SingleSet> Benchmark::sets() const {
  const DataFolders folders(place_.data);
  std::vector<SingleSet> sets{set(load_dataset(options_.dataset, Part::kTest, folders), "clean")};
  for (const std::string& name : options_.ood_sets()) {
    Dataset data = load_evaluated(name, folders);
    const std::string kind = is_noise(data) ? "noise" : "ood";
    sets.push_back(set(std::move(data), kind));
  }
  return sets;
}

void Benchmark::load_training() {
  training_ = load_dataset(options_.dataset, Part::kTrain, DataFolders(place_.data));
  ensure(options_.fit <= training_->size(), "fit: expected at most {}, the training images of {}, found {}",
         training_->size(), training_->name, options_.fit);
}

Inputs Benchmark::training_inputs(std::int64_t begin, std::int64_t end, const std::string& what) {
  Inputs inputs(*classifier_, training_->pixels(begin, end), what, place_.progress, place_.threads);
  scores_.keep(inputs);
  if (training_->labelled()) inputs.labels = training_->labels.slice(0, begin, end);
  return inputs;
}

Learning Benchmark::learning() { return {training_inputs(0, fitted(), "images to learn from")}; }

SourceFiles Benchmark::sources() const {
  SourceFiles files = activation_sources(*classifier_);
  files.merge(detector_sources(options_.detector));
  for (const SingleSet& set : scores_.sets()) files.merge(dataset_sources(set.data.name));
  files.insert("framework/evaluate/benchmark.h");
  files.insert(protocol_.sources.begin(), protocol_.sources.end());
  return files;
}

std::map<std::string, std::string> Benchmark::parameters() const {
  auto parameters = protocol_.parameters;
  if (!training_) parameters.erase("fit");
  return parameters;
}

RunKey Benchmark::key() const {
  std::map<std::string, std::string> inputs{{"model", classifier_->sha256()}};
  for (const SingleSet& set : scores_.sets()) inputs[set.kind == "clean" ? "dataset" : set.name] = set.data.sha256;
  if (training_) inputs["training images"] = training_->sha256;
  return {protocol_.experiment, place_.profile, parameters(),
          place_.seed,          inputs,         Sources::of_program().digest(sources())};
}

void Benchmark::write_inputs(UnitWriter& writer) const {
  for (const SingleSet& set : scores_.sets()) writer.add(dataset_row(set.data));
  if (training_) writer.add(dataset_row(*training_));
  writer.add(model_row(*classifier_));
  doubts_.write(writer);
}

MemoryNeed Benchmark::memory() const {
  return {scores_.memory(learnt_images()), "give it fewer --threads, lower fit, or give it a machine or job with more"};
}

}  // namespace deepmine
