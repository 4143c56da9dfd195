#pragma once

#include <set>
#include <string>

#include "framework/model/model.h"
#include "framework/run/experiment.h"

namespace deepmine {

/// The files that results depend on, for the keys of runs and of kept files: see `Sources`.
using SourceFiles = std::set<std::string>;

/// Of what `attack`, a spec, makes of images that `model` classifies.
SourceFiles attack_sources(const std::string& attack, const Model& model);
/// Of the images of `dataset`, a spec.
SourceFiles dataset_sources(const std::string& dataset);
/// Of what `model` makes of images.
SourceFiles activation_sources(const Model& model);
/// Of what `detector`, a spec, makes of them.
SourceFiles detector_sources(const std::string& detector);

/// What the contents of kept files depend on beside what they are made of: their sources and the library, since others may
/// round otherwise.
std::string made_by(const SourceFiles& files, const Workplace& place);

}  // namespace deepmine
