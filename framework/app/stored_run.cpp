#include "framework/app/stored_run.h"

#include <algorithm>

#include "framework/app/choice.h"
#include "framework/core/error.h"
#include "framework/detect/detector.h"

namespace deepmine {
namespace {

/// The detectors that the profile of a run names, as the store has them.
std::vector<std::string> detectors_of_profile(Database& database, const std::string& run) {
  Statement row = database.prepare("SELECT experiment, profile FROM run WHERE uid = ?1");
  const auto& experiments = Registry<Experiment>::instance();
  if (!row.bind(run).step() || !experiments.contains(row.text(0))) return {};
  const auto profiles = experiments.make({row.text(0), {}})->profiles();
  const auto profile = profiles.find(row.text(1));
  std::vector<std::string> detectors;
  if (profile == profiles.end()) return detectors;
  for (const std::string& text : detectors_in(profile->second)) {
    detectors.push_back(Registry<Detector>::instance().canonical(Spec::parse(text)));
  }
  return detectors;
}

}  // namespace

std::string find_run(Database& database, const std::string& experiment, const std::string& run,
                     const std::string& profile) {
  Statement rows = database.prepare(
      "SELECT uid FROM run WHERE experiment = ?1 AND (?2 = '' OR uid = ?2)"
      " AND (?3 = '' OR profile = ?3) AND (status = 'finished' OR uid = ?2)"
      " ORDER BY finished DESC LIMIT 1");
  rows.bind(experiment, run, profile);
  ensure(rows.step(), "{}: expected a finished run of {}{}{}{}, found none; see the table run, or "
         "measure with deepmine run {}", database.path().string(), experiment,
         run.empty() ? "" : " with uid ", run, profile.empty() ? "" : " with profile " + profile,
         experiment);
  return rows.text(0);
}

RunsTogether runs_with(Database& database, const std::string& run) {
  const std::vector<std::string> detectors = detectors_of_profile(database, run);
  RunsTogether together;
  for (const std::string& detector : detectors) {
    Statement row = database.prepare(
        "WITH choice AS (SELECT r.uid, r.finished, r.experiment || ' ' || r.profile || ' ' || r.seed AS what,"
        "  (SELECT value FROM param WHERE run = r.uid AND key = 'detector') AS detector,"
        "  (SELECT group_concat(role || '=' || sha256, char(10)) FROM (SELECT role, sha256 FROM run_input WHERE run = "
        "r.uid   AND role NOT IN ('source diff', 'training images') ORDER BY role)) AS inputs FROM run AS r WHERE "
        "r.status = 'finished')SELECT other.uid FROM choice AS mine JOIN choice AS other USING (what) WHERE mine.uid = "
        "?1 AND other.detector = ?2 AND other.inputs IS mine.inputs"
        // Resamples add intervals, no score; a parameter that one of them lacks is nothing to its detector.
        " AND NOT EXISTS (SELECT 1 FROM param AS a JOIN param AS b USING (key) WHERE a.run = mine.uid AND b.run = "
        "other.uid  AND a.value <> b.value AND key NOT IN ('detector', 'image-resamples')) ORDER BY other.uid = ?1 "
        "DESC, other.finished DESC LIMIT 1");
    if (row.bind(run, detector).step()) together.push_back(row.text(0));
  }
  const bool listed = std::find(together.begin(), together.end(), run) != together.end();
  return listed ? together : RunsTogether{run};
}

}  // namespace deepmine
