#include "experiments/odin_options.h"

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

void OdinOptions::describe(Fields& fields) {
  const char* const source = "Liang et al. 2018";
  fields.add({"dataset", &dataset, "", "in-distribution images, test part", source});
  fields.add({"model", &model, "", "classifier trained on them: a model file, or NETWORK:weights=FILE.npz", "none: it "
              "must be named"});
  fields.add({"ood", &ood, "", "out-of-distribution images, test parts, datasets with + between them", source});
  fields.add({"detector", &detector, "", "what scores the images; several with ; between them are measured on the "
              "same images, a run each", source});
  fields.add({"skip", &skip, "images", "first images of every set that are left out: epsilon was chosen on them",
              source, {0, 1e9}});
  fields.add({"whole", &whole, "", "sets of ood, with + between them, of which none are left out: epsilon was chosen "
              "on none of them",
              "ours: ODIN's authors did not measure SVHN"});
  fields.add({"fit", &fit, "images", "first training images of the dataset, on which detectors that learn are fitted",
              "ours",
              {1, 1e9}});
}

std::vector<std::string> OdinOptions::ood_sets() const { return canonical_sets(ood); }

std::int64_t OdinOptions::skipped(const std::string& set) const {
  const std::vector<std::string> unskipped = canonical_sets(whole);
  return std::find(unskipped.begin(), unskipped.end(), set) == unskipped.end() ? skip : 0;
}

std::map<std::string, std::string> OdinOptions::canonical() const {
  OdinOptions options = *this;
  options.dataset = Registry<DatasetLoader>::instance().canonical(Spec::parse(dataset));
  options.ood = fmt::format("{}", fmt::join(ood_sets(), "+"));
  options.whole = fmt::format("{}", fmt::join(canonical_sets(whole), "+"));
  options.detector = Registry<Detector>::instance().canonical(Spec::parse(detector));
  Fields fields;
  options.describe(fields);
  auto values = fields.values();
  values.erase("model");
  return values;
}

void OdinOptions::check() const {
  const std::vector<std::string> sets = ood_sets();
  std::set<std::string> different(sets.begin(), sets.end());
  ensure(!sets.empty() && different.size() == sets.size(), "ood: expected one dataset or more, each once, found \"{}\"",
         ood);
  ensure(different.count(canonical().at("dataset")) == 0, "ood: expected other datasets than {}, found it", dataset);
  make_single_detector(Spec::parse(detector));
}

}  // namespace deepmine
