#include "framework/model/autoencoder.h"

#include <utility>

#include "framework/core/error.h"

namespace deepmine {

Autoencoder::Autoencoder(Model model) : Model(std::move(model)) {
  ensure(reconstructs().value_or(true), "{}: expected an autoencoder, found a classifier", name());
}

torch::Tensor Autoencoder::output(const torch::Tensor& images, const Tap& tap) {
  torch::Tensor reconstruction = Model::output(images, tap);
  ensure(reconstruction.sizes() == images.sizes(),
         "{}: expected an output of the images' size, as an autoencoder gives, found another one", name());
  if (tap) tap.see(kError, reconstruction_error(images, range().to_unit(reconstruction)));
  return reconstruction;
}

std::vector<std::string> Autoencoder::layers() const {
  std::vector<std::string> names = Model::layers();
  names.emplace_back(kError);
  return names;
}

std::unique_ptr<Autoencoder> load_autoencoder(const std::string& model) {
  return std::make_unique<Autoencoder>(load_model(model));
}

torch::Tensor reconstruction_error(const torch::Tensor& images, const torch::Tensor& reconstruction) {
  constexpr double kCut = 1e-7;
  const torch::Tensor y = reconstruction.clamp(kCut, 1 - kCut);
  return -(images * y.log() + (1 - images) * (1 - y).log());
}

}  // namespace deepmine
