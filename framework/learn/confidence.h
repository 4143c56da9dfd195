#pragma once

#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// The logarithm of the largest softmax probability of each of `logits` / `temperature` [n x classes]. Confidences
/// next to 1 stay apart, which as probabilities, and in float32 long before, are all 1. Throws `Error` for no class,
/// entries that are not finite, and a temperature that is not above 0.
/// Source: Hendrycks and Gimpel 2017 (MSP, temperature 1); Liang, Li, Srikant 2018, equation 1 (ODIN, temperature
/// 1000).
/// differs from them in: the logarithm, which ranks alike.
std::vector<double> log_confidences(MatrixView<double> logits, double temperature = 1);

}  // namespace deepmine
