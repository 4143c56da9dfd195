#include "framework/evaluate/result_sources.h"

#include <fmt/format.h>

#include "framework/data/dataset.h"
#include "framework/detect/detector.h"
#include "framework/run/sources.h"

namespace deepmine {

SourceFiles dataset_sources(const std::string& dataset) {
  return sources_of<DatasetLoader>(dataset, "framework/data/dataset.h");
}

SourceFiles activation_sources(const Model& model) {
  SourceFiles files = network_files(model);
  files.insert({"framework/activation/inputs.h", "framework/model/arithmetic.h"});
  return files;
}

SourceFiles detector_sources(const std::string& detector) {
  return sources_of<Detector>(detector, "framework/detect/group_detector.h");
}

std::string made_by(const SourceFiles& files, const Workplace& place) {
  return fmt::format("{} {}", Sources::of_program().digest(files), place.provenance.libraries.at("libtorch"));
}

}  // namespace deepmine
