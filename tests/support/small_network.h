#pragma once

#include <torch/types.h>

#include <memory>
#include <string>

#include "framework/model/classifier.h"
#include "framework/model/network.h"
#include "framework/model/training.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {

/// Four classes of 8 x 8 grey images: one bright quadrant each, under noise. A ResNet20 of that size
/// learns them in a second, so attacks have something real to work against.
inline Dataset quadrants(std::int64_t count, std::uint64_t seed) {
  Dataset data{"quadrants", Part::kTrain, torch::empty({count, 1, 8, 8}, torch::kUInt8),
               torch::empty({count}, torch::kInt64), {"nw", "ne", "sw", "se"}, "quadrants"};
  RandomStream random{Seed(seed)};
  auto* pixel = data.images.data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    const auto label = static_cast<std::int64_t>(random.below(4));
    data.labels[i] = label;
    for (std::int64_t y = 0; y < 8; ++y) {
      for (std::int64_t x = 0; x < 8; ++x) {
        const bool bright = y / 4 == label / 2 && x / 4 == label % 2;
        *pixel++ = static_cast<std::uint8_t>((bright ? 100 : 50) + random.below(90));
      }
    }
  }
  return data;
}

inline std::shared_ptr<Network> untrained_network(std::uint64_t seed = 1) {
  return make_network(Spec::parse("resnet20:channels=1,size=8,classes=4"), Seed(seed));
}

/// Trained once per program.
inline Classifier& small_classifier() {
  static const std::unique_ptr<Classifier> classifier = [] {
    const Dataset data = quadrants(256, 7);
    const TemporaryFolder folder;
    auto network = untrained_network();
    network->fit_preprocessing(data.images);
    Training training(network, data, parse_recipe("fast:epochs=24,batch=16,rate=0.03,flip=false,shift=0"),
                      Seed(3), folder.path() / "state");
    training.resume("small");
    NoProgress silent;
    training.run([](const EpochReport&) {}, silent);
    return classifier_of(network);
  }();
  return *classifier;
}

}  // namespace deepmine
