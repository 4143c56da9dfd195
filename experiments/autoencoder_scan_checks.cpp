#include "experiments/autoencoder_scan_checks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "framework/evaluate/detection_power.h"
#include "framework/evaluate/exceptions.h"

namespace deepmine {
namespace {

const std::vector<std::string> kFirst{"conv2d_1", "max_pooling2d_1"};
const std::vector<std::string> kDeep{"conv2d_3",        "max_pooling2d_3", "conv2d_4", "up_sampling2d_1",
                                     "conv2d_5",        "up_sampling2d_2", "conv2d_6", "up_sampling2d_3"};

/// Detection power of individual scans under one attack, by layer; baselines by their own names.
struct Variant {
  std::string name;
  std::map<std::string, double> layers, baselines;
  std::optional<double> error_scan;
};

std::vector<Variant> variants(Database& database, const std::string& run) {
  Statement rows = database.prepare(
      "SELECT attack || ', ' || clip || ', ' || kept, layer, detector, auroc FROM autoencoder_scan"
      " WHERE run = ?1 AND anomalous_percent IS NULL ORDER BY 1");
  rows.bind(run);
  std::vector<Variant> result;
  while (rows.step()) {
    if (result.empty() || result.back().name != rows.text(0)) result.push_back({rows.text(0), {}, {}, {}});
    Variant& variant = result.back();
    const std::string layer = rows.text(1), detector = rows.text(2);
    if (detector == "mean-error" || detector == "max-error") {
      variant.baselines[detector] = rows.real(3);
    } else if (layer == "reconstruction-error") {
      variant.error_scan = rows.real(3);
    } else {
      variant.layers[layer] = rows.real(3);
    }
  }
  return result;
}

ShapeCheckRow first_layers_lead(const std::vector<Variant>& variants) {
  Exceptions exceptions;
  for (const Variant& variant : variants) {
    const auto best = std::max_element(variant.layers.begin(), variant.layers.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
    if (std::find(kFirst.begin(), kFirst.end(), best->first) != kFirst.end()) continue;
    exceptions.add(fmt::format("{}: {} {:.3f}", variant.name, best->first, best->second));
  }
  return {"1. conv2d_1 or max_pooling2d_1 has the highest AUROC of all layers, every attack",
          exceptions.count() == 0, exceptions.text()};
}

ShapeCheckRow deep_layers_are_blind(const std::vector<Variant>& variants) {
  Exceptions exceptions;
  for (const Variant& variant : variants) {
    for (const std::string& layer : kDeep) {
      const auto found = variant.layers.find(layer);
      if (found == variant.layers.end() || found->second <= 0.6) continue;
      exceptions.add(fmt::format("{}: {} {:.3f}", variant.name, layer, found->second));
    }
  }
  return {"2. AUROC is at most 0.6 from conv2d_3 to up_sampling2d_3, every attack",
          exceptions.count() == 0, exceptions.text()};
}

ShapeCheckRow error_scan_leads(const std::vector<Variant>& variants) {
  Exceptions exceptions;
  for (const Variant& variant : variants) {
    for (const auto& [baseline, value] : variant.baselines) {
      if (!variant.error_scan || *variant.error_scan > value) continue;
      exceptions.add(fmt::format("{}: {} {:.3f}, scan {:.3f}", variant.name, baseline, value,
                                 *variant.error_scan));
    }
  }
  return {"3. scanning the reconstruction error beats its mean and its maximum, every attack",
          exceptions.count() == 0, exceptions.text()};
}

ShapeCheckRow copies_agree(const std::vector<Variant>& variants) {
  Exceptions exceptions;
  const std::pair<const char*, const char*> kCopies[] = {{"conv2d_4", "up_sampling2d_1"},
                                                         {"conv2d_5", "up_sampling2d_2"},
                                                         {"conv2d_6", "up_sampling2d_3"}};
  for (const Variant& variant : variants) {
    for (const auto& [original, copy] : kCopies) {
      if (variant.layers.count(original) == 0 || variant.layers.count(copy) == 0) continue;
      const double a = variant.layers.at(original), b = variant.layers.at(copy);
      if (a != b) exceptions.add(fmt::format("{}: {} {:.6f}, {} {:.6f}", variant.name, original, a, copy, b));
    }
  }
  return {"4. an up-sampled layer has exactly the AUROC of the convolution before it",
          exceptions.count() == 0, exceptions.text()};
}

}  // namespace

void conclude_autoencoder_scan(Run& run, Database& database, std::uint64_t seed) {
  write_detection_power(run, database, Seed(seed).child("autoencoder-scan").child("intervals"));
  if (run.unit_done("shape checks")) return;
  const auto measured = variants(database, run.uid());
  std::vector<ShapeCheckRow> checks;
  const auto has = [&](const std::string& layer) {
    return !measured.empty() && measured.front().layers.count(layer) > 0;
  };
  if (std::any_of(kFirst.begin(), kFirst.end(), has) && measured.front().layers.size() > kFirst.size()) {
    checks.push_back(first_layers_lead(measured));
  }
  if (std::any_of(kDeep.begin(), kDeep.end(), has)) checks.push_back(deep_layers_are_blind(measured));
  if (!measured.empty() && measured.front().error_scan) checks.push_back(error_scan_leads(measured));
  if (has("up_sampling2d_1")) checks.push_back(copies_agree(measured));
  run.write_unit("shape checks", [&](UnitWriter& writer) {
    for (const ShapeCheckRow& check : checks) writer.add(check);
  });
}

}  // namespace deepmine
