#pragma once

#include <filesystem>
#include <string>

#include "framework/app/command.h"
#include "framework/core/matrix.h"
#include "framework/scan/class_conditions.h"
#include "framework/scan/p_value_matrix.h"
#include "framework/scan/p_values.h"

namespace deepmine {

/// Activations to rank and those to rank them against, as the user names them. Both files float32:
/// compared as float32; otherwise as float64.
struct ActivationFiles {
  std::filesystem::path background;  ///< [M inputs x J nodes]
  std::filesystem::path evaluation;  ///< [N inputs x J nodes]
  PValueTails tails = PValueTails::kUpper;
  /// The classes of both, or none: with them p-values are conditional on the class.
  std::filesystem::path background_classes, evaluation_classes;

  /// The empirical p-values [N x J]. Throws `Error` naming what does not fit.
  Matrix<double> p_values(PValueEnd end, int threads) const;
  /// The same at the upper end, by the tails and classes asked for, as levels of `grid`.
  PValueMatrix levels(const AlphaGrid& grid, int threads) const;
};

/// `--background` and `--evaluation`, both needed. Throws `Error`.
ActivationFiles activation_files(const CommandLine& line);

/// `--tails`, `--background-classes` and `--evaluation-classes`, for `scan`.
void add_p_value_options(CommandLine& line);

/// The classes of `--evaluation-classes`, one for each input. Throws `Error`.
Classes read_evaluation_classes(const CommandLine& line, std::size_t inputs);

/// The p-values of `--p-values`, or those of `--background` and `--evaluation`.
PValueMatrix read_p_values(const CommandLine& line, const AlphaGrid& grid);

}  // namespace deepmine
