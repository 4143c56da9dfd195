#include "framework/evaluate/doubts.h"

#include <fmt/ranges.h>

#include "framework/model/doubt.h"

namespace deepmine {
namespace {

constexpr const char* kHolds = "0. nothing is doubtful about ";

}  // namespace

void Doubts::look_at(Model& model, const torch::Tensor& images, const std::string& role) {
  const std::vector<std::string> found = doubts_about(model, images);
  if (!found.empty()) all_.push_back({"the " + role, fmt::format("{}", fmt::join(found, "; "))});
}

void Doubts::tell(const Workplace& place) const {
  if (!place.warn) return;
  for (const Doubt& doubt : all_) place.warn(fmt::format("{}: {}", doubt.about, doubt.text));
}

void Doubts::write(UnitWriter& writer) const {
  for (const Doubt& doubt : all_) writer.add(ShapeCheckRow{kHolds + doubt.about, false, doubt.text});
}

std::vector<std::string> doubt_notes(Database& database, const std::string& run) {
  Statement rows = database.prepare(
      "SELECT substr(name, 1 + length(?2)) || ': ' || detail FROM shape_check WHERE run = ?1 AND NOT passed"
      " AND substr(name, 1, length(?2)) = ?2 ORDER BY name");
  rows.bind(run, kHolds);
  std::vector<std::string> notes;
  while (rows.step()) notes.push_back("doubtful: " + rows.text(0));
  return notes;
}

}  // namespace deepmine
