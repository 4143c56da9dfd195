#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace deepmine {

/// Scores under one name, in one colour and kind of line throughout a figure.
struct ScoreCurve {
  std::string name;
  std::size_t style = 0;  ///< colour and dashes
  std::vector<double> scores = {};
};

/// How gnuplot draws lines of a style.
std::string line_style(std::size_t style);

/// A gnuplot program that draws the density of each curve. `block` names its data and
/// must differ from those of other plots of the figure. Without `labelled` nothing is written in the key.
std::string density_plot(const std::vector<ScoreCurve>& curves, const std::string& block, bool labelled);

/// The same for ROC curves of the scores against those of `clean`.
std::string roc_plot(const std::vector<ScoreCurve>& curves, const std::vector<double>& clean,
                     const std::string& block);

}  // namespace deepmine
