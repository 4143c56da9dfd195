#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "framework/attack/attack_report.h"
#include "framework/model/classifier.h"

namespace deepmine {

/// What `attack` was given and wrote, for its results.
struct AttackNames {
  std::string attack;  ///< canonical spec
  std::string model, images, out;
  std::optional<std::string> rows;  ///< file of the rows image by image
  std::string target;               ///< as the store has it: a class, "next", "random", "given"; empty without targets
};

/// On stdout, as text or as one JSON object.
void print_attack(const AttackNames& names, const AttackReport& report);
void print_attack_json(const AttackNames& names, const AttackReport& report, const std::vector<std::string>& warnings);

/// Has what came of the attack written beside its result where a store records it: rows of `attack_set`, of all images
/// and of those that were right before, and the file of the rows image by image.
void record_attack(const AttackNames& names, const AttackReport& report, const Classifier& classifier,
                   const torch::Tensor& images);

}  // namespace deepmine
