#include "framework/evaluate/benchmark_options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "framework/core/error.h"
#include "framework/evaluate/single_scores.h"

namespace deepmine {
namespace {

std::vector<std::string> canonical_sets(const std::string& list) {
  std::vector<std::string> sets;
  for (const Spec& spec : parse_specs(list)) sets.push_back(Registry<DatasetLoader>::instance().canonical(spec));
  return sets;
}

}  // namespace

void BenchmarkOptions::describe(Fields& fields, const std::string& source) {
  fields.add({"dataset", &dataset, "", "in-distribution images, test part", source});
  fields.add({"model", &model, "", "classifier trained on them: a model file, or NETWORK:weights=FILE.npz",
              source});
  fields.add(
      {"ood", &ood, "", "out-of-distribution images and noise, datasets with + between them: their test images, or where they have none "
       "their training images", source});
  fields.add({"detector", &detector, "",
              "what scores the images; several with ; between them are measured on the same images, a "
              "run each",
              source});
  fields.add({"fit",
              &fit,
              "images",
              "first training images of the dataset, on which detectors that learn are fitted; 0: all",
              "ours",
              {0, 1e9}});
}

std::vector<std::string> BenchmarkOptions::ood_sets() const { return canonical_sets(ood); }

std::int64_t BenchmarkOptions::skipped(const std::string& set) const {
  const std::vector<std::string> unskipped = canonical_sets(whole);
  return std::find(unskipped.begin(), unskipped.end(), set) == unskipped.end() ? skip : 0;
}

void BenchmarkOptions::write_out() {
  dataset = Registry<DatasetLoader>::instance().canonical(Spec::parse(dataset));
  ood = fmt::format("{}", fmt::join(ood_sets(), "+"));
  whole = fmt::format("{}", fmt::join(canonical_sets(whole), "+"));
  detector = Registry<Detector>::instance().canonical(Spec::parse(detector));
}

void BenchmarkOptions::check_sets() const {
  BenchmarkOptions written = *this;
  written.write_out();
  const std::vector<std::string> sets = ood_sets();
  std::set<std::string> different(sets.begin(), sets.end());
  ensure(!sets.empty() && different.size() == sets.size(), "ood: expected one dataset or more, each once, found \"{}\"",
         ood);
  ensure(different.count(written.dataset) == 0, "ood: expected other datasets than {}, found it", dataset);
  make_single_detector(Spec::parse(detector));
}

void BenchmarkOptions::check() const {
  check_sets();
  ensure(!make_single_detector(Spec::parse(detector))->needs().adversarial,
         "detector: expected one that learns from clean images alone, found {}, which needs adversarial ones; see "
         "deepmine detect, or take an experiment with attacks",
         detector);
}

}  // namespace deepmine
