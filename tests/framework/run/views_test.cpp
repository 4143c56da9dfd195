#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>

#include "framework/core/seed.h"
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
  for (double& score : scores) {
    score = stream.uniform() + shift;
    if (grid > 0) score = std::floor(score * grid) / grid;  // equal scores
  }
  return scores;
}

void write_scores(UnitWriter& writer, const ScanCell& cell, const std::vector<double>& scores) {
  const std::int64_t number = writer.cell(cell);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    ScanRow row = scan_of(static_cast<std::int64_t>(i), scores[i]);
    if (cell.n_inputs == 1) row.n_selected = row.n_selected_anomalous = cell.n_anomalous;
    writer.add(number, row);
  }
}

ScanCell individual_cell(const std::optional<std::string>& target) {
  ScanCell cell;
  cell.layer = "conv";
  cell.attack = target ? std::optional<std::string>("bim:epsilon=0.02") : std::nullopt;
  cell.target = target;
  cell.kind = "individual";
  cell.n_inputs = 1;
  cell.n_anomalous = target ? 1 : 0;
  return cell;
}

double number_of(ResultStore& store, const std::string& sql) {
  Statement query = store.database().prepare(sql);
  REQUIRE(query.step());
  return query.real(0);
}

TEST_CASE("AUROC in SQL counts every pair, ties half") {
  const double grid = GENERATE(0.0, 2.0, 5.0, 50.0);
  const std::size_t n_anomalous = GENERATE(1u, 7u, 100u);
  const std::size_t n_clean = GENERATE(1u, 100u);
  RandomStream stream(Seed(1).child(static_cast<std::uint64_t>(grid)).child(n_anomalous));
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  const auto anomalous = drawn(stream, n_anomalous, 0.2, grid);
  const auto clean = drawn(stream, n_clean, 0, grid);
  run.write_unit("x", [&](UnitWriter& writer) {
    write_scores(writer, mixed_cell("0", 50), anomalous);
    write_scores(writer, clean_cell(), clean);
  });
  CHECK(number_of(store, "SELECT auroc FROM scan_summary") ==
        Approx(auroc_of(anomalous, clean)).margin(1e-12).epsilon(0));
  CHECK(number_of(store, "SELECT n_scans FROM scan_summary") == static_cast<double>(n_anomalous));
  CHECK(number_of(store, "SELECT n_clean_scans FROM scan_summary") == static_cast<double>(n_clean));
}

TEST_CASE("clean scores count only for their own run, layer, detector and test set size") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  RunKey other = sample_key();
  other.seed = 2;
  store.begin_run(other, provenance(), 1).write_unit("x", [](UnitWriter& writer) {
    write_scores(writer, clean_cell(), {9});
  });
  Run run = begin_sample(store);
  run.write_unit("x", [](UnitWriter& writer) {
    write_scores(writer, mixed_cell("0", 50), {5});
    write_scores(writer, clean_cell(), {4, 5});
    ScanCell elsewhere = clean_cell();
    elsewhere.layer = "bn";
    write_scores(writer, elsewhere, {9});
    elsewhere = clean_cell();
    elsewhere.detector = "mean";
    write_scores(writer, elsewhere, {9});
    elsewhere = clean_cell();
    elsewhere.n_inputs = 200;
    write_scores(writer, elsewhere, {9});
    write_scores(writer, individual_cell(std::nullopt), {9});
  });
  CHECK(number_of(store, "SELECT auroc FROM scan_summary") == 0.75);
}

TEST_CASE("without clean scores there is no AUROC") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  run.write_unit("x", [](UnitWriter& writer) { write_scores(writer, mixed_cell("0", 50), {5}); });
  CHECK(rows_of(store, "SELECT auroc, recall FROM scan_summary") == "auroc,recall\n,0.1\n");
}

/// As many scans as a run with the paper's numbers has on one layer.
void write_whole_table(Run& run, RandomStream& stream) {
  run.write_unit("all", [&](UnitWriter& writer) {
    write_scores(writer, clean_cell(), drawn(stream, 100, 0, 0));
    write_scores(writer, individual_cell(std::nullopt), drawn(stream, 1000, 0, 0));
    for (const char* target : {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "All"}) {
      for (const int n_anomalous : {30, 40, 50, 60, 70}) {
        write_scores(writer, mixed_cell(target, n_anomalous), drawn(stream, 100, 0.01 * n_anomalous, 0));
      }
      if (target != std::string("All")) {
        write_scores(writer, individual_cell(target), drawn(stream, 900, 0.2, 0));
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
  const std::string view = GENERATE("scan", "scan_result", "scan_summary", "deep_mining_table1");
  const std::string plan =
      rows_of(store, "EXPLAIN QUERY PLAN SELECT * FROM " + view + " WHERE run = 'x'");
  CHECK_THAT(plan, Catch::Contains("SEARCH c USING INDEX scan_cell_key (run=?)"));
}

}  // namespace
}  // namespace deepmine
