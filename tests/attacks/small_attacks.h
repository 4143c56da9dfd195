#pragma once

#include <map>
#include <string>
#include <vector>

#include "framework/attack/attack.h"
#include "tests/support/small_network.h"

namespace deepmine {

inline const std::vector<std::string>& attacks() {
  static const std::vector<std::string> names = Registry<Attack>::instance().names();
  return names;
}

/// The attack with fewer steps where it has many by default: what must hold holds of any number.
inline Spec shortened(const std::string& text) {
  Spec spec = Spec::parse(text);
  if (spec.name == "ensemble") spec.values.emplace("attacks", "[pgd:steps=5+square:queries=40]");
  if (spec.name == "hopskipjump") spec.values.emplace("steps", "8");
  if (spec.name == "fooling") {
    spec.values.insert(
        {{"confidence", "0.5"}, {"generations", "15"}, {"population", "10"}, {"elite", "3"}, {"mutation", "0.1"}});
  }
  for (const auto& option : Registry<Attack>::instance().describe(spec.name).options) {
    const std::map<std::string, std::string> fewer{{"steps", "30"}, {"searches", "3"}, {"epsilons", "50"},
                                                   {"queries", "200"}, {"evaluations", "20"}, {"starts", "100"}};
    const auto found = fewer.find(option.name);
    if (found != fewer.end() && std::stoll(option.value) > std::stoll(found->second)) spec.values.insert(*found);
  }
  return spec;
}

inline std::unique_ptr<Attack> made(const std::string& spec) {
  return Registry<Attack>::instance().make(Spec::parse(spec));
}

inline AttackResult attack(const std::string& spec, const torch::Tensor& images, const Goal& goal,
                    Classifier& classifier = small_classifier()) {
  NoProgress silent;
  return (*Registry<Attack>::instance().make(shortened(spec)))(classifier, images, goal, silent);
}

struct Images {
  torch::Tensor pixels, labels;
};

inline Images images(std::int64_t count = 24) {
  const Dataset data = quadrants(count, 11);
  return {data.pixels(0, count), data.labels};
}

inline Goal next_class(const torch::Tensor& labels) { return Goal::towards((labels + 1).remainder(4)); }

}  // namespace deepmine
