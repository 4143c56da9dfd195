#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/attack/attack.h"

namespace deepmine {

/// What makes attacks on this classifier doubtful, one line each, judged from a few of the images: what `doubts_about`
/// tells, and where `gradients` are needed probabilities instead of logits, or a gradient that is 0 everywhere. Throws
/// `Error` when they are needed and there are none.
///
/// Source: Croce, Hein 2020, the checks of AutoAttack. differs from it in: fewer images; batches are looked at, too.
std::vector<std::string> suspicions(Classifier& classifier, const torch::Tensor& images, const Goal& goal,
                                    bool gradients = true);

/// A line when `result`, of the attack on `images`, has clearly fewer successes among a few of the images than
/// the same attack with half its steps, which is tried; none when it has no option `steps`, or nothing is wrong.
std::optional<std::string> weaker_with_more_steps(const Spec& attack, Classifier& classifier,
                                                  const torch::Tensor& images, const Goal& goal,
                                                  const AttackResult& result, Progress& progress);

/// A line when the attack's steps, or those of one of its members, cannot take an image of `n_values` values as far as
/// it may go.
std::optional<std::string> falls_short(const Spec& attack, std::int64_t n_values);

}  // namespace deepmine
