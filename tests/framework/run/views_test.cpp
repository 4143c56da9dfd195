#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "framework/core/seed.h"
#include "tests/framework/run/sample_run.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

std::vector<double> drawn(RandomStream& stream, std::size_t count) {
  std::vector<double> scores(count);
  for (double& score : scores) score = stream.uniform();
  return scores;
}

/// A cell's scores, and where it is to be told from clean made-up numbers of it.
void write_scores(UnitWriter& writer, const SampleCell& sample, const std::vector<double>& scores) {
  const std::int64_t cell = cell_in(writer, sample);
  writer.add_scores(cell, scores);
  if (sample.inputs.kind == "clean") return;
  for (const char* metric : {"auroc", "precision", "recall"}) {
    if (metric == std::string("auroc") || sample.cell.kind == "mixed") {
      writer.add(cell, DetectionRow{metric, scores.front()});
    }
  }
}

double number_of(ResultStore& store, const std::string& sql) {
  Statement query = store.database().prepare(sql);
  REQUIRE(query.step());
  return query.real(0);
}

TEST_CASE("a summary has the stored numbers of its cell and none of others") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  run.write_unit("x", [](UnitWriter& writer) {
    writer.add_scores(cell_in(writer, mixed_cell("1", 50)), {5, 6});
    const std::int64_t cell = cell_in(writer, mixed_cell("0", 50));
    writer.add(cell, DetectionRow{"auroc", 0.75});
    writer.add(cell, DetectionRow{"recall", 0.5});
  });
  CHECK(rows_of(store,
                "SELECT target, n_scans, n_clean_scans, auroc, precision, recall FROM scan_summary ORDER BY target") ==
        "target,n_scans,n_clean_scans,auroc,precision,recall\n0,,,0.75,,0.5\n1,2,,,,\n");
}

/// As many scans as a run with the paper's numbers has on one layer.
void write_whole_table(Run& run, RandomStream& stream) {
  run.write_unit("all", [&](UnitWriter& writer) {
    write_scores(writer, clean_cell(), drawn(stream, 100));
    write_scores(writer, alone_cell(clean_set()), drawn(stream, 1000));
    for (const char* target : {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "All"}) {
      for (const int n_anomalous : {30, 40, 50, 60, 70}) {
        write_scores(writer, mixed_cell(target, n_anomalous), drawn(stream, 100));
      }
      if (target != std::string("All")) {
        write_scores(writer, alone_cell(attacked_set(target)), drawn(stream, 900));
      }
    }
  });
}

TEST_CASE("Table 1 of deep-mining stands beside the published one") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  RandomStream stream(Seed(3));
  std::vector<std::string> uids;
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    RunKey key = sample_key();
    key.seed = seed;
    Run run = store.begin_run(key, provenance(), 1);
    write_whole_table(run, stream);
    uids.push_back(run.uid());
  }
  const std::string of_run = "SELECT * FROM deep_mining_table1 WHERE run = '" + uids[0] + "'";
  const auto start = std::chrono::steady_clock::now();
  const Table table = query_table(store.database(), of_run);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  WARN(fmt::format("Table 1 of a run with {} scans in {:.0f} ms",
                   store.database().integer("SELECT count(*) / 2 FROM scan"), took.count()));
  const std::size_t of_classes = 10 * (6 + 5 + 5), of_all = 15, of_mean = 6 + 5 + 5;
  CHECK(table.rows.size() == of_classes + of_all + of_mean);
  const auto cell = [&](const std::string& place) {
    return rows_of(store, "SELECT round(published, 4) AS p FROM deep_mining_table1 WHERE run = '" +
                              uids[1] + "' AND " + place);
  };
  CHECK(cell("target = '3' AND col = '8' AND metric = 'auroc'") == "p\n0.993\n");
  CHECK(cell("target = '3' AND col = 'individual'") == "p\n0.916\n");
  CHECK(cell("target = 'All' AND col = '8' AND metric = 'recall'") == "p\n\n");
  CHECK(cell("target = 'mean 0-9' AND col = '10' AND metric = 'auroc'") == "p\n0.9516\n");
  CHECK(number_of(store,
                  "SELECT max(abs(ours - published - difference)) FROM deep_mining_table1") == 0);
  CHECK(number_of(store,
                  "SELECT max(abs(m.ours - (SELECT avg(auroc) FROM scan_summary AS s WHERE s.run ="
                  " m.run AND s.target <> 'All' AND round(100 * s.anomalous_fraction) = m.col)))"
                  " FROM deep_mining_table1 AS m WHERE target = 'mean 0-9' AND metric = 'auroc' AND"
                  " col <> 'individual'") < 1e-12);
}

TEST_CASE("the mean over targets waits for all ten, and other experiments stay out") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  const auto write_nine = [](UnitWriter& writer) {
    write_scores(writer, clean_cell(), {1, 2});
    for (int target = 0; target < 9; ++target) {
      write_scores(writer, mixed_cell(std::to_string(target), 30), {3});
    }
  };
  begin_sample(store).write_unit("x", write_nine);
  RunKey other = sample_key();
  other.experiment = "autoencoder-scan";
  store.begin_run(other, provenance(), 1).write_unit("x", write_nine);
  CHECK(number_of(store, "SELECT count(*) FROM deep_mining_table1") == 9 * 3);
}

TEST_CASE("a query for one run reads that run only") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  const std::string view =
      GENERATE("cell", "metric", "scan", "scan_result", "scan_summary", "input_score", "deep_mining_table1");
  const std::string plan =
      rows_of(store, "EXPLAIN QUERY PLAN SELECT * FROM " + view + " WHERE run = 'x'");
  CHECK_THAT(plan, Catch::Contains("SEARCH c USING INDEX score_cell_key (run=?)"));
}

}  // namespace
}  // namespace deepmine
