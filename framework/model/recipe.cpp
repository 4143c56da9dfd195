#include "framework/model/recipe.h"

#include <fmt/ranges.h>

#include <cmath>
#include <map>

#include "framework/core/error.h"

namespace deepmine {
namespace {

constexpr double kPi = 3.14159265358979323846;

double half_cosine(double position) { return 0.5 * (1 + std::cos(kPi * position)); }

double step_factor(double position) {
  if (position < 0.4) return 1;
  if (position < 0.6) return 0.1;
  if (position < 0.8) return 0.01;
  return position < 0.9 ? 0.001 : 0.0005;
}

Recipe paper_recipe() {
  Recipe recipe;
  recipe.optimizer = "adam";
  recipe.schedule = "steps";
  recipe.batch = 32;
  recipe.rate = 1e-3;
  recipe.weight_decay = 2e-4;  // Keras adds 1e-4 w^2 to the loss: a gradient of 2e-4 w
  return recipe;
}

Recipe plain_recipe() {
  Recipe recipe;
  recipe.optimizer = "adam";
  recipe.schedule = "constant";
  recipe.epochs = 12;
  recipe.rate = 1e-3;
  recipe.weight_decay = 0;
  recipe.flip = false;
  recipe.shift = 0;
  return recipe;
}

Recipe autoencoder_recipe() {
  Recipe recipe = plain_recipe();
  recipe.optimizer = "adadelta";
  recipe.epochs = 50;
  recipe.rate = 1;
  return recipe;
}

Recipe exposure_recipe() {
  Recipe recipe;
  recipe.schedule = "cosine";
  recipe.epochs = 10;
  recipe.rate = 1e-3;
  recipe.last_rate = 1e-6;
  recipe.flip = false;
  recipe.shift = 0;
  recipe.outliers = "emnist-letters";
  return recipe;
}

const std::map<std::string, Recipe>& recipes() {
  static const std::map<std::string, Recipe> known{{"fast", Recipe{}},
                                                   {"paper", paper_recipe()},
                                                   {"plain", plain_recipe()},
                                                   {"autoencoder", autoencoder_recipe()},
                                                   {"oe", exposure_recipe()}};
  return known;
}

}  // namespace

void Recipe::describe(Fields& fields) {
  fields.add({"optimizer", &optimizer, "", "update rule", "", {}, {"sgd", "adam", "adadelta"}});
  fields.add({"schedule", &schedule, "", "learning rate over time", "", {},
              {"one-cycle", "cosine", "steps", "constant"}});
  fields.add({"epochs", &epochs, "epochs", "passes over the training images", "", {1, 10000}});
  fields.add({"batch", &batch, "images", "images per step", "", {1, 100000}});
  fields.add({"rate", &rate, "", "highest learning rate", "", {0, 10, true}});
  fields.add({"weight-decay", &weight_decay, "", "added to the gradient of convolution kernels", "",
              {0, 1}});
  fields.add({"flip", &flip, "", "mirror half of the images", ""});
  fields.add({"shift", &shift, "of the image size", "largest shift both ways, edges repeated", "",
              {0, 0.5}});
  if (!exposes()) return;
  fields.add({"outliers", &outliers, "", "dataset of what the network is to be unsure of, in [] if it has options",
              "uniform-svdd, of MNIST"});
  fields.add({"part", &outlier_part, "", "which part of the outliers", "", {}, {"train", "test"}});
  fields.add({"outlier-batch", &outlier_batch, "images", "outliers per step", "Hendrycks et al. 2019", {1, 100000}});
  fields.add({"weight", &outlier_weight, "", "of the outliers' loss", "Hendrycks et al. 2019", {0, 1000}});
  fields.add({"last-rate", &last_rate, "", "where the cosine ends", "Hendrycks et al. 2019", {0, 10}});
}

Spec Recipe::outlier_set() const {
  const std::vector<Spec> sets = parse_specs(outliers);
  ensure(sets.size() == 1, "outliers: expected one dataset, found \"{}\"", outliers);
  return sets[0];
}

void Recipe::settle_outliers() {
  const Spec set = outlier_set();
  outliers = set.values.empty() ? set.name : "[" + set.text() + "]";
}

double Recipe::rate_at(double position) const {
  if (schedule == "cosine") return last_rate + (rate - last_rate) * half_cosine(position);
  if (schedule == "constant") return rate;
  if (schedule == "steps") return rate * step_factor(position);
  constexpr double kRise = 0.3;
  if (position < kRise) return rate * (0.04 + 0.96 * position / kRise);
  return rate * half_cosine((position - kRise) / (1 - kRise));
}

Recipe parse_recipe(std::string_view text) {
  const Spec spec = Spec::parse(text);
  const auto found = recipes().find(spec.name);
  ensure(found != recipes().end(), "unknown recipe \"{}\"; known: {}", spec.name,
         fmt::join(recipe_names(), ", "));
  Recipe recipe = found->second;
  Fields fields;
  recipe.describe(fields);
  fields.assign(spec.values, spec.name);
  if (found->second.exposes()) recipe.settle_outliers();
  return recipe;
}

std::string canonical_recipe(std::string_view text) {
  return canonical_text(Spec::parse(text).name, parse_recipe(text));
}

std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  for (const auto& [name, recipe] : recipes()) names.push_back(name);
  return names;
}

}  // namespace deepmine
