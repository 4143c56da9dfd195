#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "framework/core/progress.h"
#include "framework/core/seed.h"
#include "framework/data/dataset.h"
#include "framework/model/network.h"
#include "framework/model/recipe.h"

namespace deepmine {

/// One finished epoch, for the log.
struct EpochReport {
  std::int64_t epoch = 0;  ///< from 1
  std::int64_t epochs = 0;
  double loss = 0;         ///< mean over the epoch, augmented images, training mode
  /// Share of the augmented training images classified right on the way; none of an autoencoder.
  std::optional<double> accuracy = {};
  double rate = 0;         ///< learning rate of the last step
  double seconds = 0;
};

/// Trains a classifier by cross-entropy and an autoencoder by the binary cross-entropy between its
/// output and the images, pixel by pixel. Everything random in epoch e (order, flips, shifts) comes from
/// `seed.child("epoch").child(e)`, so weights, running statistics and optimizer state at the end of
/// an epoch are all that continuing needs: they are written to `state_file` after each epoch, in one
/// step, and a training that was killed goes on there and ends in the same weights, bit for bit, as
/// one that was not (same seed, same thread count, same machine).
class Training {
 public:
  /// `network` must have been initialised; `data` is its training part.
  Training(std::shared_ptr<Network> network, const Dataset& data, Recipe recipe, Seed seed,
           std::filesystem::path state_file);
  ~Training();

  /// Continues from `state_file` if it is there and was written by a training with the same
  /// `identity` (canonical network, dataset, recipe, seed, threads); returns the epochs already
  /// done. Throws `Error` when the file is damaged or belongs to another training.
  std::int64_t resume(const std::string& identity);

  /// Runs the remaining epochs; `report` is called after each. The network ends in eval mode. Throws
  /// `Interrupted` between two steps, and `Error` when the loss is no longer finite; the epochs
  /// before are in the state file.
  void run(const std::function<void(const EpochReport&)>& report, Progress& progress);

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// Share of images classified right, eval mode, in batches of 250.
double accuracy(Network& network, const Dataset& data);
/// Mean binary cross-entropy between an autoencoder's output and the images, likewise.
double reconstruction_loss(Network& network, const Dataset& data);

}  // namespace deepmine
