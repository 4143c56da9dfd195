#pragma once

#include <torch/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "framework/core/progress.h"
#include "framework/core/seed.h"
#include "framework/data/dataset.h"
#include "framework/model/recipe.h"

namespace deepmine {

class Network;

/// One finished epoch, for the log.
struct EpochReport {
  std::int64_t epoch = 0;  ///< from 1
  std::int64_t epochs = 0;
  double loss = 0;         ///< mean over the epoch, augmented images, training mode; with that of outliers
  /// Share of the augmented training images classified right on the way; none of an autoencoder.
  std::optional<double> accuracy = {};
  double rate = 0;         ///< learning rate of the last step
  double seconds = 0;      ///< of work, whatever was between its parts
};

/// How far a training is.
struct TrainingPlace {
  std::int64_t epochs = 0;  ///< finished
  std::int64_t steps = 0;   ///< of the optimizer, in the epoch after those
};

/// Trains a classifier by cross-entropy and an autoencoder by the binary cross-entropy between its output and the
/// images, pixel by pixel; a recipe of outliers adds `unsureness_loss` of so many of them to each step, which pass the
/// network together with its images. Everything random in epoch e (order, flips, shifts) comes from
/// `seed.child("epoch").child(e)` and its child "outliers", so weights, running statistics and optimizer state, and
/// within an epoch the stream's state and the report's sums, are all that continuing needs: they are written to
/// `state_file` after each epoch and on an interrupt, in one step, and a training that was interrupted or killed goes
/// on there and ends in the same weights, bit for bit, as one that was not (same seed, same thread count, same
/// machine).
class Training {
 public:
  /// `network` must have been initialised; `data` is its training part. `outliers` are those that the recipe names, if
  /// it does. Throws `Error` for ones of another shape than the images, and for an autoencoder with outliers.
  Training(std::shared_ptr<Network> network, const Dataset& data, Recipe recipe, Seed seed,
           std::filesystem::path state_file, const Dataset* outliers = nullptr);
  ~Training();

  /// Continues from `state_file` if it is there and was written by a training with the same
  /// `identity` (canonical network, dataset, recipe, seed, threads); returns how far it is. Throws
  /// `Error` when the file is damaged or belongs to another training.
  TrainingPlace resume(const std::string& identity);

  /// Runs the remaining epochs; `report` is called after each. The network ends in eval mode. Throws
  /// `Interrupted` between two steps, all of those before being in the state file, and `Error` when the loss is
  /// no longer finite, where the epochs before are.
  void run(const std::function<void(const EpochReport&)>& report, Progress& progress);

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// How sure a network is of what it should be unsure of: the mean over images of logsumexp(z) - mean(z) of their
/// `logits` z [n, classes], their cross-entropy to even odds. At its least, log(classes), where all logits are equal.
torch::Tensor unsureness_loss(const torch::Tensor& logits);

/// Share of images classified right, eval mode, in batches of 250, between which `Interrupted` is thrown.
double accuracy(Network& network, const Dataset& data);
/// Mean binary cross-entropy between an autoencoder's output and the images, likewise.
double reconstruction_loss(Network& network, const Dataset& data);

}  // namespace deepmine
