#include "framework/run/run_comparison.h"

#include "tests/framework/run/sample_units.h"

namespace deepmine {
namespace {

/// A store with one run of two units and a number of its own.
struct Sample {
  TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "s.sqlite");
  std::string uid;

  Sample() {
    Run run = begin_sample(store);
    uid = run.uid();
    for (int unit : {0, 1}) {
      run.write_unit(unit_name(unit), [&](UnitWriter& writer) { write_sample_unit(writer, unit, [](int) {}); });
    }
    run.write_unit("clean", [](UnitWriter& writer) { writer.add(cell_in(writer, clean_cell()), scan_of(0, 3)); });
    run.write_unit("power", [](UnitWriter& writer) {
      writer.add(cell_in(writer, mixed_cell("1", 50)), DetectionRow{"auroc", 0.75});
    });
    run.finish();
  }
};

const RowComparison& of(const std::vector<RowComparison>& all, const std::string& rows) {
  return *std::find_if(all.begin(), all.end(), [&](const RowComparison& c) { return c.rows == rows; });
}

TEST_CASE("two runs with the same rows are equal, whatever the time they took") {
  Sample a, b;
  b.store.database().execute("UPDATE scan_detail SET microseconds = microseconds + 7");
  const auto all = compare_runs(a.store.database(), a.uid, b.store.database(), b.uid);
  for (const RowComparison& comparison : all) CHECK(comparison.n_different == 0);
  CHECK(of(all, "scores").n_equal == 2 * kRowsPerUnit + 1);
  CHECK(of(all, "starts").n_equal == 4 * kRowsPerUnit);
  CHECK(of(all, "detection").n_equal == 1);
  CHECK(of(all, "inputs").n_equal == 6);
}

TEST_CASE("a row that was altered is named with what it was and is") {
  Sample a, b;
  b.store.database().execute("UPDATE scan_detail SET alpha = 0.125 WHERE item = 41 AND cell ="
                             " (SELECT cell FROM cell WHERE target = '1' AND kind = 'mixed')");
  const auto all = compare_runs(a.store.database(), a.uid, b.store.database(), b.uid);
  const RowComparison& scans = of(all, "scores");
  CHECK(scans.n_different == 1);
  CHECK(scans.n_equal == 2 * kRowsPerUnit);
  REQUIRE(scans.examples.size() == 1);
  CHECK(scans.examples[0].key.find("target=1, kind=mixed, anomalous_fraction=0.1") != std::string::npos);
  CHECK(scans.examples[0].key.find("replicate=41") != std::string::npos);
  CHECK(scans.examples[0].first == "alpha=0.25");
  CHECK(scans.examples[0].second == "alpha=0.125");
}

TEST_CASE("what is known of an input is compared") {
  Sample a, b;
  b.store.database().execute(
      "UPDATE input SET predicted = 7 WHERE item = 1 AND input_set = (SELECT input_set FROM input_set WHERE target = "
      "'1')");
  const RowComparison inputs = of(compare_runs(a.store.database(), a.uid, b.store.database(), b.uid), "inputs");
  REQUIRE(inputs.n_different == 1);
  CHECK(inputs.examples[0].key == "inputs=bim / 1, item=1");
  CHECK(inputs.examples[0].second == "predicted=7");
}

TEST_CASE("rows missing on one side are counted, the first of them named") {
  Sample a, b;
  b.store.database().execute(
      "DELETE FROM start_score; DELETE FROM scan_detail WHERE item >= 290; DELETE FROM score WHERE item >= 290");
  const auto all = compare_runs(a.store.database(), a.uid, b.store.database(), b.uid);
  CHECK(of(all, "scores").n_different == 20);
  CHECK(of(all, "scores").examples.size() == 5);
  CHECK(of(all, "scores").examples[0].second == "missing");
  CHECK(of(all, "starts").n_equal == 0);
  const auto back = compare_runs(b.store.database(), b.uid, a.store.database(), a.uid);
  CHECK(of(back, "scores").n_different == 20);
  CHECK(of(back, "scores").examples[0].first == "missing");
}

}  // namespace
}  // namespace deepmine
