#pragma once

#include <string>
#include <vector>

#include "framework/core/spec.h"
#include "framework/detect/read_layer.h"

namespace deepmine {

/// Which layers within a network a detector reads, each as its units respond.
struct HiddenLayers {
  std::string layers = "all";
  std::string units = "rectified";

  /// `source` is that of reading all.
  void describe(Fields& fields, const std::string& source);
  bool all() const { return layers == "all"; }
  /// Those named, none where all are read.
  std::vector<ReadLayer> named(Pooling pooling) const;
  /// All of the inputs' model, in the order in which an image passes them, or those named, in theirs. Values without a
  /// model stand for one. Throws `Error` for a model without such layers, and for values where several are named.
  std::vector<ReadLayer> of(const Inputs& inputs, Pooling pooling) const;
};

}  // namespace deepmine
