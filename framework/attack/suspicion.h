#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/attack/attack.h"

namespace deepmine {

/// What makes the result of an attack on this classifier doubtful, one line each, judged from a few of the
/// images: two forward passes that differ, probabilities instead of logits, gradients that are 0 everywhere.
///
/// Source: Croce, Hein 2020, the checks of AutoAttack. differs from it in: fewer images.
std::vector<std::string> suspicions(Classifier& classifier, const torch::Tensor& images, const Goal& goal);

/// A line when the attack succeeds on fewer of a few of the images than the same attack with half its steps;
/// none when it has no option `steps`, or nothing is wrong.
std::optional<std::string> weaker_with_more_steps(const Spec& attack, Classifier& classifier,
                                                  const torch::Tensor& images, const Goal& goal);

}  // namespace deepmine
