#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "framework/core/spec.h"

namespace deepmine {

/// The protocol of ODIN's table (Liang et al. 2018, section 4) with its values.
struct OdinOptions {
  std::string dataset = "cifar10";
  std::string model;
  std::string ood = "isun+lsun-resize+tiny-imagenet-resize+svhn";
  std::string detector = "msp";
  std::int64_t skip = 1000;
  std::string whole = "svhn";
  std::int64_t fit = 5000;

  void describe(Fields& fields);
  /// The options as a run's key has them: specs written out, without the model, for which its weights' checksum stands.
  std::map<std::string, std::string> canonical() const;
  /// The canonical specs of the out-of-distribution sets.
  std::vector<std::string> ood_sets() const;
  /// How many of the first images of a set of `ood`, a canonical spec, are left out.
  std::int64_t skipped(const std::string& set) const;
  /// Throws `Error` for options that do not fit each other.
  void check() const;
};

}  // namespace deepmine
