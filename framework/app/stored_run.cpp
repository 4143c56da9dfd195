#include "framework/app/stored_run.h"

#include "framework/core/error.h"

namespace deepmine {

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

}  // namespace deepmine
