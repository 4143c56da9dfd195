#include <algorithm>

#include "experiments/autoencoder_scan_measurement.h"
#include "framework/core/memory.h"
#include "framework/model/pass_memory.h"

namespace deepmine {
namespace {

std::uint64_t nodes_of(const std::vector<std::int64_t>& shape) {
  std::uint64_t product = 1;
  for (const std::int64_t axis : shape) product *= static_cast<std::uint64_t>(axis);
  return product;
}

}  // namespace

/// The most of what its steps hold, all attacks taken to fool the classifier with all images.
std::uint64_t AutoencoderScanMeasurement::memory() const {
  const auto count = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
  const torch::Tensor image = data_.pixels(0, 1);
  const std::uint64_t pixels = image.nbytes(), attacked = count(options_.attacked);
  const std::uint64_t background = count(options_.background);
  const std::uint64_t evaluation = count(options_.clean) + options_.attack_list().size() * attacked;
  const std::uint64_t attack = (2 * evaluation + 5 * attacked) * pixels +
                               count(images_at_once(image[0])) * pass_memory(*classifier_, image).with_gradient;
  const std::uint64_t passes = kLibraryMemory + count(kExtractionBatch) * pass_memory(*autoencoder_, image).forward;
  std::uint64_t most = attack;
  const auto detector = Registry<Detector>::instance().make(Spec::parse(options_.detector));
  for (const std::vector<std::string>& block : layer_blocks()) {
    std::uint64_t nodes = 0, widest = 0;
    for (const std::string& layer : block) {
      nodes += nodes_of(shapes_.at(layer));
      widest = std::max(widest, nodes_of(shapes_.at(layer)));
    }
    most = std::max(most, (background + evaluation) * (pixels + nodes * sizeof(float)) +
                              detector->memory(background, evaluation, widest));
  }
  return held_memory() + passes + most;  // what passing images took is kept by the allocator
}

}  // namespace deepmine
