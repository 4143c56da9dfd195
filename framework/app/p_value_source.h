#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/app/command.h"
#include "framework/core/matrix.h"
#include "framework/core/matrix_file.h"
#include "framework/core/progress.h"
#include "framework/scan/class_conditions.h"
#include "framework/scan/p_value_matrix.h"
#include "framework/scan/p_values.h"

namespace deepmine {

/// The nodes of one of several layers that are scanned as one.
struct LayerSpan {
  std::string name;  ///< its file
  std::size_t first, nodes;
};

/// What p-values are for, which decides how much memory they take later: every input scanned alone,
/// all of them together, or those of each class.
enum class Use { kAlone, kGroups, kClasses };

/// Activations to rank and those to rank them against, of one layer or of several beside each other,
/// read from files a block of nodes at a time. Both files float32: compared as float32; otherwise as
/// float64.
class ActivationFiles {
 public:
  /// `--background` and `--evaluation`, both needed, as many of the one as of the other, and what
  /// `add_p_value_options` adds. Throws `Error` naming what does not fit.
  explicit ActivationFiles(const CommandLine& line);

  std::size_t inputs() const { return layers_.front().evaluation.rows(); }
  /// Where the background is too small for the levels of `grid`, a line each.
  std::vector<std::string> warnings(const AlphaGrid& grid) const;
  std::size_t nodes() const;
  std::vector<LayerSpan> spans() const;
  /// Nodes that are one channel, by the files' axes [N,C,H,W]; 0 unless all layers agree.
  std::size_t channel_nodes() const;
  std::vector<std::filesystem::path> paths() const;

  /// The empirical p-values [N x J], at the lower end or by the tails and classes asked for.
  Matrix<double> p_values(PValueEnd end, Progress& progress) const;
  /// The same at the upper end, as levels of `grid`, if their use fits into the memory allowed.
  PValueMatrix levels(const AlphaGrid& grid, Use use, Progress& progress) const;

 private:
  struct Layer {
    MatrixFile background, evaluation;
  };

  bool by_class() const { return !evaluation_classes_.empty(); }
  bool same_background_size() const;
  std::size_t bytes_per_node(const Layer& layer) const;
  std::size_t block_memory(double fixed, const std::string& cure) const;
  template <typename Work>
  void for_each_block(std::size_t memory, Progress& progress, Work work) const;
  template <typename T>
  Matrix<double> block_p_values(const Matrix<T>& background, const Matrix<T>& evaluation,
                                PValueEnd end) const;

  std::vector<Layer> layers_;
  PValueTails tails_ = PValueTails::kUpper;
  Classes background_classes_, evaluation_classes_;  ///< with them p-values are conditional
  std::size_t memory_ = 0;                           ///< bytes; 0 where the user did not say
  std::size_t threads_ = 1;
};

/// `--tails`, `--background-classes`, `--evaluation-classes`, `--memory` and those of `add_csv_options`.
void add_p_value_options(CommandLine& line);

/// The classes of `--evaluation-classes`, one for each input. Throws `Error`.
Classes read_evaluation_classes(const CommandLine& line, std::size_t inputs);

/// What a scan is made of.
struct ScanInput {
  PValueMatrix p_values;
  std::vector<LayerSpan> layers;  ///< more than one for a joint scan
  std::size_t channel_nodes;      ///< nodes that are one channel; 0 where the files do not say
  std::vector<std::string> warnings;  ///< why nothing, or not all, can be found
};

/// The p-values of `--p-values`, or those of `--background` and `--evaluation`.
ScanInput read_scan_input(const CommandLine& line, const AlphaGrid& grid, Use use,
                          Progress& progress);

}  // namespace deepmine
