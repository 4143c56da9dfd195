#pragma once

#include <memory>
#include <string>

#include "framework/detect/detector.h"
#include "framework/model/classifier.h"
#include "tests/support/small_network.h"

namespace deepmine {

/// Untrained, for tests that hang on nothing that the network tells apart.
inline Classifier& classifier() {
  static const std::unique_ptr<Classifier> result = classifier_of(untrained_network());
  return *result;
}

inline std::unique_ptr<Detector> detector_of(const std::string& spec) {
  return Registry<Detector>::instance().make(Spec::parse(spec));
}

}  // namespace deepmine
