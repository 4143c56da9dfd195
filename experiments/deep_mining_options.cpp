#include "experiments/deep_mining_options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "framework/attack/attack.h"
#include "framework/core/error.h"
#include "framework/detect/group_detector.h"
#include "framework/evaluate/lists.h"

namespace deepmine {
namespace {

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, "+"));
}

}  // namespace

std::string DeepMiningOptions::layer_name() const { return joined(layer_names()); }

void DeepMiningOptions::describe(Fields& fields) {
  fields.add({"dataset", &dataset, "", "images, test part", "deep-mining"});
  fields.add({"model", &model, "", "classifier to attack and to watch", "deep-mining: ResNet20"});
  fields.add({"attack", &attack, "", "what makes anomalous inputs, targeted",
              "deep-mining; clip=none is its literal form"});
  fields.add({"layer", &layer, "",
              "conv, bn or block-out of the last block, or a layer's name; several with + between them "
              "are scanned as one",
              "deep-mining: \"final convolutional layer\""});
  fields.add({"detector", &detector, "", "what scores the test sets; several with ; between them are measured on the "
              "same test sets, a run each", "deep-mining"});
  fields.add({"targets", &targets, "classes", "targets of the attack", "deep-mining"});
  fields.add({"anomalous-percent", &anomalous_percent, "%", "anomalous share of a test set", "deep-mining"});
  fields.add({"background", &background, "images", "first test images, from which p-values come",
              "deep-mining", {1, 1e9}});
  fields.add({"evaluation", &evaluation, "images", "test images after those, scanned and attacked",
              "deep-mining", {1, 1e9}});
  fields.add({"size", &size, "inputs", "size of a test set", "deep-mining", {2, 1e6}});
  fields.add({"replicates", &replicates, "test sets", "per target and share, and clean ones",
              "deep-mining", {2, 1e6}});
  fields.add({"all-targets", &all_targets, "", "also draw anomalous inputs from all targets together",
              "deep-mining"});
  fields.add({"disjoint-sources", &disjoint_sources, "",
              "no image both clean and anomalous in one test set", "ours; deep-mining does not say"});
  fields.add({"image-resamples", &image_resamples, "", "times all test sets are drawn anew from images drawn with "
              "replacement, for intervals over images; each takes as long as the first time", "ours", {0, 10000}});
}

std::map<std::string, std::string> DeepMiningOptions::canonical() const {
  DeepMiningOptions options = *this;
  options.attack = Registry<Attack>::instance().canonical(Spec::parse(attack));
  options.layer = joined(layer_names());
  options.detector = Registry<Detector>::instance().canonical(Spec::parse(detector));
  Fields fields;
  options.describe(fields);
  auto values = fields.values();
  values.erase("model");
  return values;
}

std::vector<std::int64_t> DeepMiningOptions::target_list() const {
  std::set<std::int64_t> result;
  for (std::string_view piece : pieces(targets, ',')) result.insert(parse_integer(piece, "targets"));
  ensure(!result.empty(), "targets: expected classes, e.g. 0,1,2, found none");
  return {result.begin(), result.end()};
}

std::vector<double> DeepMiningOptions::fractions() const { return anomalous_shares(anomalous_percent); }

std::int64_t DeepMiningOptions::n_anomalous(double fraction) const {
  return deepmine::n_anomalous(fraction, size);
}

std::vector<std::string> DeepMiningOptions::layer_names() const {
  static const std::map<std::string_view, std::string> kLastBlock{
      {"conv", "stack3.block3.conv2"}, {"bn", "stack3.block3.bn2"}, {"block-out", "stack3.block3.out"}};
  std::vector<std::string> names;
  for (std::string_view piece : pieces(layer, '+')) {
    const auto known = kLastBlock.find(piece);
    names.push_back(known == kLastBlock.end() ? std::string(piece) : known->second);
    ensure(std::count(names.begin(), names.end(), names.back()) == 1,
           "layer: expected each layer once, found \"{}\" twice in \"{}\"", piece, layer);
  }
  ensure(!names.empty() && layer.back() != '+' && layer.find("++") == std::string::npos &&
             layer.front() != '+',
         "layer: expected layers' names with + between them, found \"{}\"", layer);
  return names;
}

void DeepMiningOptions::check() const {
  check_anomalous_shares(fractions(), size);
  ensure(size <= evaluation, "size: expected at most {}, the evaluation images, found {}",
         evaluation, size);
  target_list();
  canonical();  // reads the specs of attack and detector
  layer_names();
}

}  // namespace deepmine
