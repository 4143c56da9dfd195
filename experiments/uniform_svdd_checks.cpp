#include "experiments/uniform_svdd_checks.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "framework/evaluate/benchmark_metrics.h"
#include "framework/evaluate/exceptions.h"

namespace deepmine {
namespace {

/// A bound that a method's TNR at 95 % TPR keeps to on some sets of the tables.
struct Bound {
  const char *method, *sets, *name;
  double least, most;
};
constexpr Bound kBounds[]{{"ours", "'Gaussian', 'Uniform'", "1. ours detects noise: TNR at least 0.95", 0.95, 1},
                          {"ours", "'FoolIm'", "2. ours detects fooling images: TNR at least 0.9", 0.9, 1},
                          {"baseline", "'FoolIm'", "3. MSP does not detect fooling images: TNR at most 0.1", 0, 0.1},
                          {"ODIN", "'FoolIm'", "4. ODIN does not detect fooling images: TNR at most 0.1", 0, 0.1}};

/// Nothing where the run has none of the sets, or is of another method or network.
void check(Database& database, const std::string& run, const Bound& bound, std::vector<ShapeCheckRow>& checks) {
  Statement rows = database.prepare(
      fmt::format("SELECT \"set\", literal FROM uniform_svdd_table WHERE run = ?1 AND metric = 'tnr95'"
                  " AND method = ?2 AND tbl IN ('table2', 'table3', 'table4') AND published IS NOT NULL"
                  " AND \"set\" IN ({})",
                  bound.sets));
  rows.bind(run, bound.method);
  Exceptions exceptions;
  int cells = 0;
  while (rows.step()) {
    ++cells;
    const double found = rows.real(1);
    if (found < bound.least || found > bound.most) exceptions.add(fmt::format("{}: {:.4f}", rows.text(0), found));
  }
  if (cells > 0)
    checks.push_back({bound.name, exceptions.count() == 0, fmt::format("{} {}, {}", cells, cells == 1 ? "set" : "sets", exceptions.text())});
}

/// The mean AUROC over some sets with a weight of the logits.
double mean_auroc(Database& database, const std::string& run, const char* part, const char* sets) {
  Statement row = database.prepare(
      fmt::format("SELECT avg(d.value) FROM uniform_svdd_table AS t JOIN score_cell AS c ON c.run = t.run"
                  " AND c.input_set = t.set_number AND c.part = ?2 JOIN detection AS d ON d.cell = c.cell"
                  " AND d.metric = 'mean-auroc' WHERE t.run = ?1 AND t.metric = 'tnr95' AND t.published IS NOT NULL"
                  " AND t.tbl IN ('table2', 'table3', 'table4') AND {}",
                  sets));
  row.bind(run, part);
  row.step();
  return row.optional_real(0).value_or(-1);
}

/// The logits alone detect JSMA and CW, the layer alone the sets that are no attack's.
void check_beta(Database& database, const std::string& run, std::vector<ShapeCheckRow>& checks) {
  constexpr const char *kNear = "t.\"set\" IN ('JSMA', 'CW')", *kFar = "t.tbl IN ('table2', 'table4')";
  const auto auroc = [&](const char* part, const char* sets) { return mean_auroc(database, run, part, sets); };
  const double near_mdl = auroc("transductive beta 0", kNear), near_logits = auroc("transductive beta 1", kNear);
  const double far_mdl = auroc("transductive beta 0", kFar), far_logits = auroc("transductive beta 1", kFar);
  if (near_mdl < 0 || far_mdl < 0) return;
  checks.push_back({"5. the logits detect JSMA and CW better than the layer, the layer the sets of Tables 2 and 4",
                    near_logits > near_mdl && far_mdl > far_logits,
                    fmt::format("mean AUROC of the logits {:.4f} and {:.4f}, of the layer {:.4f} and {:.4f}",
                                near_logits, far_logits, near_mdl, far_mdl)});
}

}  // namespace

void conclude_uniform_svdd(Run& run, Database& database, std::uint64_t seed) {
  write_benchmark_metrics(run, database, Seed(seed).child("uniform-svdd").child("intervals"));
  if (run.unit_done("shape checks")) return;
  std::vector<ShapeCheckRow> checks;
  for (const Bound& bound : kBounds) check(database, run.uid(), bound, checks);
  check_beta(database, run.uid(), checks);
  run.write_unit("shape checks", [&](UnitWriter& writer) {
    for (const ShapeCheckRow& one : checks) writer.add(one);
  });
}

}  // namespace deepmine
