#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "framework/core/progress.h"
#include "framework/run/provenance.h"
#include "framework/run/result_store.h"
#include "framework/run/share.h"

namespace deepmine {

/// What the command line gives an experiment to work with.
struct Workplace {
  ResultStore& store;
  std::filesystem::path data;      ///< the folder the user named for datasets; may be empty
  std::filesystem::path artifacts; ///< where adversarial images are kept for the next run
  std::uint64_t seed = 1;
  int threads = 1;
  std::string profile;
  std::string command;             ///< the command line, for the store
  Provenance provenance;
  Progress& progress;
  Share share = {};                ///< what this process measures of the run
  bool keep_activations = false;   ///< among the artifacts, for runs after this one that need the same
  /// Told, before anything is measured, what makes the results doubtful; may throw `Error`. None: nobody listens.
  std::function<void(const std::string& text)> warn = {};
};

}  // namespace deepmine
