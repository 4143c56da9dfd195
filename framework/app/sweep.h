#pragma once

#include <map>
#include <string>
#include <vector>

#include "framework/run/experiment.h"

namespace deepmine {

/// An option that takes several values in turn: `alpha-max=0.1,0.2`. Values that hold commas are separated by `;`.
struct SweptOption {
  std::string key;
  std::vector<std::string> values;

  /// Throws `Error` for a text without key, or with fewer than two values, or with one twice.
  static SweptOption parse(const std::string& text);
};

/// `settings` with one more. A key that is none of the experiment's options but one of its detector's or its attack's
/// changes that one: `alpha-max` or `detector.alpha-max` becomes `detector=subset-scan:alpha-max=...`. Throws
/// `Error` for a key that neither knows.
Settings with_option(Settings settings, const std::string& experiment, const std::string& key,
                     const std::string& value);

/// The pieces of a text between separators, one or more.
std::vector<std::string> split(const std::string& text, char separator);

/// Every combination of the options' values, the last option changing first.
std::vector<std::vector<std::string>> combinations(const std::vector<SweptOption>& options);

/// One combination and what came of it.
struct SweepPoint {
  std::vector<std::string> values;
  std::string run;
  std::vector<Headline> headlines;
};

/// A line per point. Throws `Error` when the experiment has no headlines.
Table sweep_table(const std::vector<SweptOption>& options, const std::vector<SweepPoint>& points);
/// A panel per group of headlines, the first option along the axis.
Figure sweep_figure(const std::vector<SweptOption>& options, const std::vector<SweepPoint>& points);

}  // namespace deepmine
