#include "experiments/autoencoder_scan_options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "framework/attack/attack.h"
#include "framework/core/error.h"
#include "framework/detect/group_detector.h"
#include "framework/evaluate/lists.h"

namespace deepmine {
namespace {

std::string shipped(const std::string& file) { return "results/checkpoints/" + file + ".npz"; }

}  // namespace

void AutoencoderScanOptions::describe(Fields& fields) {
  fields.add({"dataset", &dataset, "", "images, test part", "autoencoder-scan"});
  fields.add({"autoencoder", &autoencoder, "", "autoencoder to watch; empty: the shipped one of the dataset",
              "autoencoder-scan"});
  fields.add({"classifier", &classifier, "",
              "classifier to attack; empty: the shipped one of the dataset", "autoencoder-scan"});
  fields.add({"attacks", &attacks, "", "what makes anomalous images, untargeted; several with + between them",
              "autoencoder-scan"});
  fields.add({"clip", &clip, "", "whether anomalous images are kept in [0,1]",
              "ours; autoencoder-scan does not (none)", {}, {"both", "unit", "none"}});
  fields.add({"detector", &detector, "", "what scores the images", "autoencoder-scan"});
  fields.add({"layers", &layers, "", "layers to scan, with + between them, or all",
              "autoencoder-scan: all, and the reconstruction error"});
  fields.add({"background", &background, "images", "first test images, from which p-values come",
              "autoencoder-scan", {1, 1e9}});
  fields.add({"clean", &clean, "images", "test images after those, scanned clean", "autoencoder-scan",
              {1, 1e9}});
  fields.add({"attacked", &attacked, "images", "test images after those, attacked and scanned",
              "autoencoder-scan", {1, 1e9}});
  fields.add({"size", &size, "inputs",
              "size of a test set; 200 where there are too few anomalous images for it", "ours", {2, 1e6}});
  fields.add({"anomalous-percent", &anomalous_percent, "%", "anomalous share of a test set", "ours, as deep-mining"});
  fields.add({"replicates", &replicates, "test sets", "per layer, attack and share, and clean ones; 0 for none",
              "ours, as deep-mining", {0, 1e6}});
}

std::map<std::string, std::string> AutoencoderScanOptions::canonical() const {
  AutoencoderScanOptions options = *this;
  std::vector<std::string> specs;
  for (const Spec& spec : parse_specs(attacks)) specs.push_back(Registry<Attack>::instance().canonical(spec));
  options.attacks = fmt::format("{}", fmt::join(specs, "+"));
  options.detector = Registry<Detector>::instance().canonical(Spec::parse(detector));
  Fields fields;
  options.describe(fields);
  auto values = fields.values();
  values.erase("autoencoder");
  values.erase("classifier");
  return values;
}

std::string AutoencoderScanOptions::autoencoder_model() const {
  return autoencoder.empty() ? shipped("autoencoder-" + dataset) : autoencoder;
}

std::string AutoencoderScanOptions::classifier_model() const {
  if (!classifier.empty()) return classifier;
  return shipped(dataset == "cifar10" ? "resnet20-cifar10-fast" : "cnn-" + dataset);
}

std::vector<std::string> AutoencoderScanOptions::attack_list() const {
  std::vector<std::string> result;
  std::set<std::string> names;
  for (Spec spec : parse_specs(attacks)) {
    ensure(names.insert(spec.name).second,
           "attacks: expected each attack once, found \"{}\" twice; measure its variants in runs of their own",
           spec.name);
    const auto given = spec.values.find("clip");  // "unit" in texts of runs, which write every default
    ensure(given == spec.values.end() || given->second == "unit",
           "attacks: expected clipping by the option clip, found it in \"{}\"", spec.text());
    for (const char* value : {"none", "unit"}) {
      if (clip != "both" && clip != value) continue;
      spec.values["clip"] = value;
      result.push_back(Registry<Attack>::instance().canonical(spec));
    }
  }
  ensure(!result.empty(), "attacks: expected attacks with + between them, found none");
  return result;
}

std::vector<std::string> AutoencoderScanOptions::layer_list(const std::vector<std::string>& known) const {
  if (layers == "all") return known;
  std::vector<std::string> result;
  for (const std::string& layer : known) {  // in the network's order
    const auto asked = pieces(layers, '+');
    if (std::find(asked.begin(), asked.end(), layer) != asked.end()) result.push_back(layer);
  }
  for (std::string_view piece : pieces(layers, '+')) {
    ensure(std::find(known.begin(), known.end(), piece) != known.end(),
           "layers: expected all or some of {}, found \"{}\"", fmt::join(known, ", "), piece);
  }
  ensure(!result.empty(), "layers: expected all or layers' names, found none");
  return result;
}

std::vector<double> AutoencoderScanOptions::fractions() const {
  return anomalous_shares(anomalous_percent);
}

void AutoencoderScanOptions::check() const {
  attack_list();
  check_anomalous_shares(fractions(), size);
  ensure(size <= clean, "size: expected at most {}, the clean images, found {}", clean, size);
}

}  // namespace deepmine
