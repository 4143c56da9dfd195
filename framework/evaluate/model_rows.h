#pragma once

#include <string>

#include "framework/data/dataset.h"
#include "framework/model/model.h"
#include "framework/run/rows.h"

namespace deepmine {

/// What the store keeps of a model, and of a dataset.
ModelRow model_row(const Model& model);
DatasetRow dataset_row(const Dataset& data);

/// Throws `Error` when the model was trained on another dataset than `dataset`; `option` is the one that
/// names another model.
void check_trained_on(const Model& model, const std::string& dataset, const std::string& option);

}  // namespace deepmine
