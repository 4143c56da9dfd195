#include "framework/evaluate/model_rows.h"

#include "framework/core/error.h"
#include "framework/core/spec.h"

namespace deepmine {
namespace {

std::string fact(const Model& model, const char* key) {
  const auto found = model.facts().find(key);
  return found == model.facts().end() ? "unknown" : found->second;
}

}  // namespace

ModelRow model_row(const Model& model) {
  const std::string accuracy = fact(model, "accuracy");
  ModelRow row{model.sha256(), fact(model, "network"), fact(model, "dataset"), {}, fact(model, "recipe")};
  if (accuracy != "unknown") row.test_accuracy = parse_real(accuracy, "accuracy");
  return row;
}

DatasetRow dataset_row(const Dataset& data) {
  return {data.sha256, data.name, std::string(name_of(data.part)), data.size()};
}

void check_trained_on(const Model& model, const std::string& dataset, const std::string& option) {
  const std::string trained_on = fact(model, "dataset");
  ensure(trained_on == "unknown" || trained_on == dataset,
         "{}: expected one trained on {}, found one trained on {}; name another with --set {}=", option,
         dataset, trained_on, option);
}

}  // namespace deepmine
