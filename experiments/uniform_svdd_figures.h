#pragma once

#include <filesystem>
#include <vector>

#include "framework/run/experiment.h"

namespace deepmine {

/// From rows and from files that the runs left among the `artifacts`, each as far as there is one of them: AUROC by the
/// weight of the logits (Figure 7), examples of each set (Figures 8 and 9), maps of features of one predicted class
/// (Figures 2 to 6), and of profile mdl the detection error of each layer.
/// Source: uniform-svdd; differs from it in: maps are of two principal components, not UMAP.
std::vector<Figure> uniform_svdd_figures(Database& database, const RunsTogether& runs,
                                         const std::filesystem::path& artifacts);

}  // namespace deepmine
