#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace torch::optim {
class Optimizer;
}

namespace deepmine {

class Network;

/// An epoch that is not finished.
struct BegunEpoch {
  std::int64_t steps = 0;                 ///< of the optimizer, done
  std::vector<std::uint64_t> random = {}; ///< the stream's state after them, set where it is saved
  double loss = 0, hits = 0;              ///< sums over the images seen
  double rate = 0;                        ///< of the last step
  double seconds = 0;                     ///< that earlier processes spent on it
};

/// When a training was left.
struct TrainingMoment {
  std::int64_t epochs = 0;  ///< finished
  BegunEpoch begun = {};    ///< no steps between two epochs
};

/// Writes all that continuing a training needs: weights, running statistics, the optimizer's memory and the place
/// within the epoch, as a numpy archive. (libtorch's own archives are programs; reading one of these runs nothing.)
void save_training(const std::filesystem::path& path, const std::string& identity, const TrainingMoment& moment,
                   const Network& network, torch::optim::Optimizer& optimizer);

/// How long a training is, and each of its epochs.
struct TrainingLength {
  std::int64_t epochs = 0;
  std::int64_t steps = 0;  ///< of the optimizer, in an epoch
};

/// Reads what `save_training` wrote into `network` and `optimizer`; returns when it was. Throws `Error` for a
/// damaged file, one of another `identity`, and one that claims a moment beyond the training's or an epoch's `length`.
TrainingMoment load_training(const std::filesystem::path& path, const std::string& identity,
                             const TrainingLength& length, Network& network, torch::optim::Optimizer& optimizer);

}  // namespace deepmine
