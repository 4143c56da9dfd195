#include "experiments/relevant_neurons_checks.h"

#include <string>
#include <utility>
#include <vector>

#include "framework/core/spec.h"
#include "framework/evaluate/benchmark_metrics.h"
#include "framework/evaluate/parameter.h"

namespace deepmine {
namespace {

constexpr const char* kVotes = "relevant-neurons";  ///< the detector whose scores are votes

/// The shares of a run's clean and adversarial images that more than half of the trees vote for.
struct Votes {
  std::int64_t cell = 0, n = 0, n_successful = 0;
  double clean = 0, all = 0, successful = 0;
};

std::vector<Votes> votes_of(Database& database, const std::string& run) {
  Statement rows = database.prepare(
      "WITH voted AS (SELECT c.cell, s.kind, count(*) AS n, avg(r.score > 0.5) AS share,"
      " sum(i.success = 1) AS n_successful, avg(iif(i.success = 1, r.score > 0.5, NULL)) AS successful"
      " FROM score_cell AS c JOIN input_set AS s USING (input_set) JOIN score AS r USING (cell)"
      " JOIN input AS i ON i.input_set = s.input_set AND i.item = r.item"
      " WHERE c.run = ?1 AND c.part = '' GROUP BY c.cell)"
      " SELECT v.cell, v.n, v.n_successful, clean.share, v.share, v.successful FROM voted AS v"
      " JOIN voted AS clean ON clean.kind = 'clean' WHERE v.kind = 'adversarial' ORDER BY v.cell");
  rows.bind(run);
  std::vector<Votes> found;
  while (rows.step()) {
    found.push_back({rows.integer(0), rows.integer(1), rows.is_null(2) ? 0 : rows.integer(2), rows.real(3),
                     rows.real(4), rows.is_null(5) ? 0 : rows.real(5)});
  }
  return found;
}

void write_votes(Run& run, Database& database) {
  constexpr const char* kUnit = "votes";
  if (run.unit_done(kUnit) || Spec::parse(parameter(database, run.uid(), "detector")).name != kVotes) return;
  const std::vector<Votes> votes = votes_of(database, run.uid());
  run.write_unit(kUnit, [&](UnitWriter& writer) {
    for (const Votes& one : votes) {
      const auto write = [&](const std::string& metric, double value, std::int64_t n) {
        DetectionRow row{metric, value};
        row.n = n;
        writer.add(one.cell, row);
      };
      write("vote-accuracy", (1 - one.clean + one.all) / 2, one.n);
      write("vote-tpr", one.all, one.n);
      write("vote-fpr", one.clean, one.n);
      if (one.n_successful == 0) continue;
      write("vote-accuracy successful", (1 - one.clean + one.successful) / 2, one.n_successful);
    }
  });
}

}  // namespace

void conclude_relevant_neurons(Run& run, Database& database, std::uint64_t seed) {
  write_benchmark_metrics(run, database, Seed(seed).child("relevant-neurons").child("intervals"));
  write_votes(run, database);
}

}  // namespace deepmine
