#include "experiments/odin_options.h"

#include <fmt/ranges.h>

#include <set>

#include "framework/core/error.h"
#include "framework/evaluate/single_scores.h"

namespace deepmine {

void OdinOptions::describe(Fields& fields) {
  const char* const source = "Liang et al. 2018";
  fields.add({"dataset", &dataset, "", "in-distribution images, test part", source});
  fields.add({"model", &model, "", "classifier trained on them: a model file, or NETWORK:weights=FILE.npz", "none: it must be named"});
  fields.add({"ood", &ood, "", "out-of-distribution images, test parts, datasets with + between them", source});
  fields.add({"detector", &detector, "", "what scores the images; several with ; between them are measured on the same images, a "
              "run each", source});
  fields.add({"skip", &skip, "images", "first images of every set that are left out: epsilon was chosen on them", source, {0, 1e9}});
  fields.add({"fit", &fit, "images", "first training images of the dataset, on which detectors that learn are fitted", "ours",
              {1, 1e9}});
}

std::vector<std::string> OdinOptions::ood_sets() const {
  std::vector<std::string> sets;
  for (const Spec& spec : parse_specs(ood)) sets.push_back(Registry<DatasetLoader>::instance().canonical(spec));
  return sets;
}

std::map<std::string, std::string> OdinOptions::canonical() const {
  OdinOptions options = *this;
  options.dataset = Registry<DatasetLoader>::instance().canonical(Spec::parse(dataset));
  options.ood = fmt::format("{}", fmt::join(ood_sets(), "+"));
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
  ensure(!sets.empty() && different.size() == sets.size(), "ood: expected one dataset or more, each once, found \"{}\"", ood);
  ensure(different.count(canonical().at("dataset")) == 0, "ood: expected other datasets than {}, found it", dataset);
  make_single_detector(Spec::parse(detector));
}

}  // namespace deepmine
