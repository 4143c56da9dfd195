#pragma once

#include <string>

#include "framework/evaluate/result_sources.h"

namespace deepmine {

/// The files on which depends what `attack`, a spec, makes of images that `model` classifies.
SourceFiles attack_sources(const std::string& attack, const Model& model);

}  // namespace deepmine
