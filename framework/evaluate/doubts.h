#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/model/model.h"
#include "framework/run/unit_writer.h"
#include "framework/run/workplace.h"

namespace deepmine {

/// What makes a run doubtful before anything is measured: its models, attacks that cannot go as far as they may, and
/// detectors that cannot find everything.
class Doubts {
 public:
  static constexpr std::int64_t kImages = 8;  ///< as many are looked at

  /// `images` [N,C,H,W] are like those to come; `role` is the model's in the run, "classifier".
  void look_at(Model& model, const torch::Tensor& images, const std::string& role);
  /// What is doubtful about something, if anything is.
  void add(const std::string& about, const std::optional<std::string>& text) {
    if (text) all_.push_back({about, *text});
  }

  /// Tells the workplace, whose command may take them for an error.
  void tell(const Workplace& place) const;
  /// Writes them as checks that did not hold.
  void write(UnitWriter& writer) const;

 private:
  struct Doubt {
    std::string about, text;
  };
  std::vector<Doubt> all_;
};

/// The doubts that a run has in the store, a line each, for the notes of its tables.
std::vector<std::string> doubt_notes(Database& database, const std::string& run);

}  // namespace deepmine
