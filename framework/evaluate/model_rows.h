#pragma once

#include <string>

#include "framework/model/model.h"
#include "framework/run/rows.h"

namespace deepmine {

/// What the store keeps of a model.
ModelRow model_row(const Model& model);

/// Throws `Error` when the model was trained on another dataset than `dataset`; `option` is the one that
/// names another model.
void check_trained_on(const Model& model, const std::string& dataset, const std::string& option);

}  // namespace deepmine
