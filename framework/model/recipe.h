#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "framework/core/spec.h"

namespace deepmine {

/// How a network is trained.
struct Recipe {
  std::string optimizer = "sgd";
  std::string schedule = "one-cycle";
  std::int64_t epochs = 60;
  std::int64_t batch = 128;
  double rate = 0.15;          ///< the highest learning rate
  double weight_decay = 5e-4;  ///< added to the gradient, convolution kernels only
  bool flip = true;
  double shift = 0.1;          ///< of height and width

  /// Outlier exposure: a dataset that the network is to be unsure of; empty for none, and then the rest counts for
  /// nothing.
  std::string outliers = {};
  std::string outlier_part = "train";
  std::int64_t outlier_batch = 256;
  double outlier_weight = 0.5;
  double last_rate = 0;        ///< where "cosine" ends

  bool exposes() const { return !outliers.empty(); }
  void describe(Fields& fields);
  /// The dataset of outliers. Throws `Error` unless they are one.
  Spec outlier_set() const;
  /// Brings their text into its canonical form. Throws `Error` likewise.
  void settle_outliers();

  /// The learning rate of a step, for `position` in [0,1) of the whole training:
  /// "one-cycle": linear from rate/25 to rate over the first 30 %, then half a cosine to 0;
  /// "cosine": half a cosine from rate to the last rate, 0 without outliers;
  /// "constant": rate;
  /// "steps": rate x 1, 0.1, 0.01, 0.001, 0.0005 from 0, 40, 60, 80, 90 % on (the Keras example's
  /// epochs 80, 120, 160, 180 of 200).
  double rate_at(double position) const;
};

/// `fast` (SGD with Nesterov momentum, one cycle), `paper` (Adam, batches of 32, rate in steps, L2 1e-4, as the Keras
/// example `cifar10_resnet` that Deep Mining names), `plain` (Adam at Keras' rate, images as they are, as the
/// classifier of autoencoder-scan), `autoencoder` (Adadelta, 50 epochs of 128 images, as the Keras blog's, which
/// autoencoder-scan followed) or `oe` (outlier exposure, ten epochs that tune a network which has learnt already), with
/// overrides: "paper:epochs=200". Throws `Error` on unknown names and keys.
///
/// Source of `oe`: Hendrycks, Mazeika, Dietterich 2019, equation 1 and section 4, and their code for tuning. differs
/// from it in: kernels of convolutions decay and nothing else; images are neither mirrored nor shifted unless told so;
/// an epoch's outliers are one permutation, gone through as often as it takes.
Recipe parse_recipe(std::string_view text);
/// All options written out: "paper:batch=32,...".
std::string canonical_recipe(std::string_view text);
std::vector<std::string> recipe_names();

}  // namespace deepmine
