#include "experiments/detection_power.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "framework/run/table.h"
#include "tests/framework/run/sample_run.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

/// By definition: every pair of an anomalous and a clean score.
double auroc_of(const std::vector<double>& anomalous, const std::vector<double>& clean) {
  double won = 0;
  for (const double a : anomalous) {
    for (const double b : clean) won += a > b ? 1.0 : a == b ? 0.5 : 0.0;
  }
  return won / static_cast<double>(anomalous.size() * clean.size());
}

std::vector<double> drawn(RandomStream& stream, std::size_t count, double shift, double grid) {
  std::vector<double> scores(count);
  for (double& score : scores) score = std::floor((stream.uniform() + shift) * grid) / grid;  // equal scores
  return scores;
}

/// A store with one run.
struct Measured {
  TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "s.sqlite");
  Run run = begin_sample(store);

  void add(const SampleCell& cell, const std::vector<double>& scores) {
    run.write_unit(std::to_string(store.database().integer("SELECT count(*) FROM unit")),
                   [&](UnitWriter& writer) { writer.add_scores(cell_in(writer, cell), scores); });
  }
  double power() {
    write_detection_power(run, store.database(), Seed(1));
    Statement row = store.database().prepare("SELECT auroc FROM scan_summary");
    REQUIRE(row.step());
    return row.real(0);
  }
};

TEST_CASE("detection power counts every pair of an anomalous and a clean score, ties half") {
  const double grid = GENERATE(2.0, 5.0, 1e9);
  const std::size_t n_anomalous = GENERATE(1u, 7u, 100u);
  RandomStream stream(Seed(1).child(static_cast<std::uint64_t>(grid)).child(n_anomalous));
  const auto anomalous = drawn(stream, n_anomalous, 0.2, grid), clean = drawn(stream, 100, 0, grid);
  Measured measured;
  measured.add(mixed_cell("0", 50), anomalous);
  measured.add(clean_cell(), clean);
  CHECK(measured.power() == Approx(auroc_of(anomalous, clean)).margin(1e-12).epsilon(0));
}

TEST_CASE("clean scores count only for their own run, detector, layer, part and test set size") {
  Measured measured;
  RunKey other = sample_key();
  other.seed = 2;
  measured.store.begin_run(other, provenance(), 1).write_unit("x", [](UnitWriter& writer) {
    writer.add_scores(cell_in(writer, clean_cell()), {9});
  });
  measured.add(mixed_cell("0", 50), {5});
  measured.add(clean_cell(), {4, 5});
  const auto elsewhere = [&](auto change) {
    SampleCell sample = clean_cell();
    change(sample.cell);
    measured.add(sample, {9});
  };
  elsewhere([](ScoreCell& cell) { cell.layer = "bn"; });
  elsewhere([](ScoreCell& cell) { cell.detector = "mean"; });
  elsewhere([](ScoreCell& cell) { cell.part = "mdl"; });
  elsewhere([](ScoreCell& cell) { cell.n_inputs = 200; });
  measured.add(alone_cell(clean_set()), {9});
  CHECK(measured.power() == 0.75);
  CHECK(rows_of(measured.store, "SELECT n_scans, n_clean_scans FROM scan_summary") == "n_scans,n_clean_scans\n1,2\n");
}

}  // namespace
}  // namespace deepmine
