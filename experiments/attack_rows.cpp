#include "experiments/attack_rows.h"

#include "framework/core/error.h"

namespace deepmine {

void ensure_same_images(Database& database, const std::string& run, const std::string& attack,
                        const std::string& target, const std::string& sha256) {
  Statement row = database.prepare(
      "SELECT a.artifact, r.threads FROM attack_set AS a JOIN run AS r ON r.uid = a.run"
      " WHERE a.run = ?1 AND a.attack = ?2 AND a.target = ?3");
  row.bind(run, attack, target);
  if (!row.step() || row.is_null(0)) return;
  ensure(row.text(0) == sha256,
         "{} ({}): expected the images this run was begun with ({}), found others ({}); continue with the "
         "same --threads and --artifacts, or begin anew with another --store",
         attack, target, row.text(0).substr(0, 12), sha256.substr(0, 12));
}

}  // namespace deepmine
