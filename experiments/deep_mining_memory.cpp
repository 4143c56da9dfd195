#include <algorithm>

#include "experiments/deep_mining_measurement.h"
#include "framework/core/memory.h"
#include "framework/model/pass_memory.h"

namespace deepmine {

/// The most of what its steps hold, all attacks taken to succeed on all images.
std::uint64_t DeepMiningMeasurement::memory() const {
  const auto count = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
  const torch::Tensor image = data_.pixels(0, 1);
  const PassMemory pass = pass_memory(*classifier_, image);
  const std::uint64_t pixels = image.nbytes(), nodes = watcher_->nodes(), input = nodes * sizeof(float);
  const std::uint64_t evaluation = count(options_.evaluation), all = evaluation * (1 + options_.target_list().size());
  const std::uint64_t background = count(options_.background) * input;  // and once more sorted
  const std::uint64_t copies = options_.layer_names().size() > 1 ? 2 : 1;  // layers alone and side by side
  const std::uint64_t watched = count(options_.background) * (pixels + copies * input);
  const std::uint64_t attacked = 2 * background + all * input + 5 * evaluation * pixels + count(images_at_once(image[0])) * pass.with_gradient;
  const std::uint64_t stacked = 2 * background + 2 * all * input;
  const std::uint64_t scanned = background + all * input + detector_->memory(count(options_.background), all, nodes);
  // What passing images took is kept by the allocator.
  const std::uint64_t passes = kLibraryMemory + count(kExtractionBatch) * pass.forward;
  return held_memory() + passes + std::max({watched, attacked, stacked, scanned});
}

}  // namespace deepmine
