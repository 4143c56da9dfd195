#pragma once

#include <set>
#include <string>

#include "framework/core/registry.h"
#include "framework/model/model.h"
#include "framework/run/workplace.h"

namespace deepmine {

/// The files that results depend on, for the keys of runs and of kept files: see `Sources`.
using SourceFiles = std::set<std::string>;

/// Of what `spec`, one of an `Interface`, makes: its file, that of the `framework` which carries it out, and how torch
/// rounds.
template <typename Interface>
SourceFiles sources_of(const std::string& spec, const char* framework) {
  SourceFiles files = Registry<Interface>::instance().files(Spec::parse(spec));
  files.insert({framework, "framework/model/arithmetic.h"});
  return files;
}

/// Of the images of `dataset`, a spec.
SourceFiles dataset_sources(const std::string& dataset);
/// Of what `model` makes of images.
SourceFiles activation_sources(const Model& model);
/// Of what `detector`, a spec, makes of them.
SourceFiles detector_sources(const std::string& detector);

/// What the contents of kept files depend on beside what they are made of: their sources and the library, since others
/// may round otherwise.
std::string made_by(const SourceFiles& files, const Workplace& place);

}  // namespace deepmine
