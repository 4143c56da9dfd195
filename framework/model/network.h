#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "framework/core/registry.h"
#include "framework/core/seed.h"
#include "framework/model/tap.h"

namespace deepmine {

/// The images a network takes: [N, channels, size, size], float32 in [0,1].
struct ImageShape {
  std::int64_t channels = 3;
  std::int64_t size = 32;
};

/// A layer as a tap sees it.
struct Layer {
  std::string name;
  std::vector<std::int64_t> shape;  ///< of one image's output: [C,H,W], [C]
};

/// A network of ours. Preprocessing is part of it, so that every attack, every epsilon and every
/// activation refers to images in [0,1].
class Network : public torch::nn::Module {
 public:
  static constexpr const char* kKind = "network";

  /// images [N,C,H,W] -> logits [N, classes], or of an autoencoder images [N,C,H,W] in (0,1). Shows
  /// each layer's output to `tap`, the output itself as the last one.
  virtual torch::Tensor forward(torch::Tensor images, const Tap& tap) = 0;
  virtual ImageShape input() const = 0;
  /// Whether `forward` gives the images back: an autoencoder, not a classifier.
  virtual bool reconstructs() const { return false; }
  /// Draws all weights anew from `seed`.
  virtual void initialise(Seed seed) = 0;
  /// Takes over what preprocessing needs from the training images, uint8 [N,C,H,W]. Throws `Error` for another size.
  virtual void fit_preprocessing(const torch::Tensor& images) { check_size(images); }
  /// What files that others published call the array that is `name` in ours; the same where nobody calls it otherwise.
  virtual std::string published_name(const std::string& name) const { return name; }

  /// The layers a tap sees, in order, as one black image passes.
  std::vector<Layer> layers();
  /// Folds every `ConvBn`, see there: the weights must not change from here on.
  void fold();

 protected:
  /// Throws `Error` unless `images` are of the size the network takes.
  void check_size(const torch::Tensor& images) const;
};

/// Puts four-dimensional weights into channels-last order, in which convolutions of this size run
/// about 1.3 times faster on CPUs.
void use_channels_last(torch::nn::Module& network);

/// Fills `weight` with draws of a normal distribution of standard deviation sqrt(2 / fan_in), cut
/// off at two standard deviations and rescaled, as Keras' `he_normal` does (He et al. 2015).
void he_normal(torch::Tensor weight, Seed seed);

/// Fills every weight so, biases with 0; normalisations leave images as they are.
void he_normal(torch::nn::Module& network, Seed seed);

/// Fills every weight with even draws between +- sqrt(6 / (fan_in + fan_out)) and every bias with 0, as
/// Keras does unless told otherwise (Glorot and Bengio 2010, equation 16).
void glorot_uniform(torch::nn::Module& network, Seed seed);

}  // namespace deepmine

#define DEEPMINE_NETWORK(Class, name, title) \
  DEEPMINE_REGISTER(::deepmine::Network, Class, name, title)
