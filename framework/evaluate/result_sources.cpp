#include "framework/evaluate/result_sources.h"

#include <fmt/format.h>

#include "framework/attack/attack.h"
#include "framework/core/spec.h"
#include "framework/data/dataset.h"
#include "framework/detect/detector.h"
#include "framework/run/sources.h"

namespace deepmine {
namespace {

/// What `spec` names, the framework that carries it out, and the network it is carried out on.
template <typename Interface>
SourceFiles sources_of(const std::string& spec, const char* framework, SourceFiles network = {}) {
  SourceFiles files = Registry<Interface>::instance().files(Spec::parse(spec));
  files.insert(framework);
  files.merge(network);
  return files;
}

}  // namespace

SourceFiles attack_sources(const std::string& attack, const Model& model) {
  return sources_of<Attack>(attack, "framework/attack/adversarial_set.h", network_files(model));
}

SourceFiles dataset_sources(const std::string& dataset) {
  return sources_of<DatasetLoader>(dataset, "framework/data/dataset.h");
}

SourceFiles activation_sources(const Model& model) {
  SourceFiles files = network_files(model);
  files.insert("framework/activation/inputs.h");
  return files;
}

SourceFiles detector_sources(const std::string& detector) {
  return sources_of<Detector>(detector, "framework/detect/group_detector.h");
}

std::string made_by(const SourceFiles& files, const Workplace& place) {
  return fmt::format("{} {}", Sources::of_program().digest(files), place.provenance.libraries.at("libtorch"));
}

}  // namespace deepmine
