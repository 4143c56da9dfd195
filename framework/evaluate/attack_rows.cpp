#include "framework/evaluate/attack_rows.h"

#include "framework/core/error.h"

namespace deepmine {

AttackSetRow attack_set_row(const Classifier& classifier, const Dataset& data, const std::string& attack,
                            const std::string& target, const AdversarialSet& set) {
  return {classifier.sha256(), data.sha256, attack, target, set.n_candidates, set.n_kept(), set.success_rate,
          set.mean_l2, set.mean_linf, set.sha256};
}

void ensure_same_images(Database& database, const std::string& run, const std::string& attack,
                        const std::string& target, const std::string& sha256) {
  Statement row = database.prepare(
      "SELECT artifact FROM attack_set WHERE run = ?1 AND attack = ?2 AND target = ?3");
  row.bind(run, attack, target);
  if (!row.step() || row.is_null(0)) return;
  ensure(row.text(0) == sha256,
         "{} ({}): expected the images this run was begun with ({}), found others ({}); continue with the "
         "same --artifacts, or on a processor like that one, or begin anew with another --store",
         attack, target, row.text(0).substr(0, 12), sha256.substr(0, 12));
}

}  // namespace deepmine
