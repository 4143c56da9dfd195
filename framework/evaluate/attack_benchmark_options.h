#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "framework/attack/fooling.h"
#include "framework/evaluate/benchmark_options.h"

namespace deepmine {

/// An attack on images that the model classifies right, away from their class or towards another one drawn at random.
struct PlannedAttack {
  std::string attack;       ///< canonical spec
  std::int64_t images = 0;  ///< so many, the first ones; 0: all
  bool aimed = false;       ///< at the class drawn
};

/// A benchmark that also attacks the test images: see `AttackBenchmark`.
struct AttackBenchmarkOptions : BenchmarkOptions {
  std::string attacks;
  std::string attacked = "0";
  std::string aimed = "jsma+cw";
  std::string fooling;
  std::int64_t fooling_images = 1000;
  std::string learn_attack;
  std::int64_t learn = 2000;
  std::int64_t pairs_block = 0;

  void describe(Fields& fields, const std::string& source);
  void write_out();
  std::vector<PlannedAttack> planned() const;
  /// How fooling images are made; none where none are asked for.
  std::optional<FoolingOptions> bred() const;
  /// What detectors learn from that need adversarial images. Throws `Error` where none is named.
  PlannedAttack learnt() const;
  /// What all benchmarks share: of in-distribution images those that pairs are made from are skipped, too.
  BenchmarkOptions shared() const;
  /// Throws `Error` for options that do not fit each other.
  void check() const;
};

}  // namespace deepmine
