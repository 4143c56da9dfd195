#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace deepmine {

/// The units of a run of deep-mining, by their names in the store.
struct DeepMiningUnits {
  static constexpr const char* kCleanSets = "clean sets";

  static std::string attack(const std::string& target) { return "attack / " + target; }
  static std::string alone(const std::string& inputs) { return "alone / " + inputs; }
  static std::string sets(const std::string& pool, double fraction) {
    return fmt::format("sets / {} / {:g} %", pool, 100 * fraction);
  }
  static std::string again(std::int64_t number) { return fmt::format("images drawn again {}", number); }
};

}  // namespace deepmine
