#include "experiments/relevant_neurons_table.h"

#include <fmt/format.h>

#include "framework/evaluate/doubts.h"

namespace deepmine {

std::vector<Table> relevant_neurons_tables(Database& database, const RunsTogether& runs) {
  const std::string sql = fmt::format(
      "SELECT coalesce(learnt.value, '') AS \"learnt from\", c.attack, d.value AS detector,\n"
      "  max(iif(m.metric = 'vote-accuracy', m.value, NULL)) AS accuracy,\n"
      "  max(iif(m.metric = 'vote-fpr', m.value, NULL)) AS FPR,\n"
      "  max(iif(m.metric = 'best-accuracy', m.value, NULL)) AS \"best accuracy\",\n"
      "  max(iif(m.metric = 'tnr95 held-out', m.value, NULL)) AS \"detected at 5 % FPR\",\n"
      "  max(iif(m.metric = 'auroc', m.value, NULL)) AS AUROC, max(m.n) AS images\n"
      "FROM cell AS c JOIN param AS d ON d.run = c.run AND d.key = 'detector'\n"
      "LEFT JOIN param AS learnt ON learnt.run = c.run AND learnt.key = 'learn-attack'\n"
      "JOIN detection AS m ON m.cell = c.cell\n"
      "WHERE c.run IN ({}) AND c.part = '' AND c.set_kind = 'adversarial'\n"
      "GROUP BY c.cell ORDER BY c.attack, d.value",
      sql_text(runs));
  Table table = query_table(database, sql, {}, 4);
  table.title = "Adversarial images by attack and detector";
  table.sql = sql + ";";
  for (const std::string& run : runs) {
    for (std::string& note : doubt_notes(database, run)) table.notes.push_back(std::move(note));
  }
  return {table};
}

}  // namespace deepmine
