// What it costs to put workers' stores into one, and to write a unit, beside the plainest statement that copies as
// many rows.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <stdexcept>

#include "framework/core/file.h"
#include "framework/run/merge.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

constexpr int kRowsPerUnit = 100;  // Table 1: a hundred test sets a cell
constexpr int kWorkers = 16;

RunKey key() {
  RunKey result;
  result.experiment = "deep-mining";
  result.profile = "paper";
  return result;
}

void write_unit(Run& run, int number) {
  run.write_unit(std::to_string(number), [&](UnitWriter& writer) {
    const std::string target = std::to_string(number);
    const InputSetRow inputs{"bim / " + target, "adversarial", "cifar10", "bim:epsilon=0.02,step=0.002,steps=10",
                             target};
    const auto id = writer.cell(writer.input_set(inputs), {"subset-scan", "conv", {}, "mixed", 0.1, 500, 50});
    for (int i = 0; i < kRowsPerUnit; ++i) {
      ScanRow row;
      row.item = i;
      row.score = 1000.0 / (1 + i + number);
      row.alpha = 0.25;
      row.n_selected = 90;
      row.n_selected_anomalous = 40;
      row.n_nodes = 1500;
      row.best_start = 3;
      row.half_steps = 110;
      writer.add(id, row);
    }
  });
}

/// The stores of workers with `units` units in all, each made once.
class Shards {
 public:
  explicit Shards(int units) {
    for (int worker = 0; worker < kWorkers; ++worker) {
      files_.push_back(folder_ / fmt::format("{}.sqlite", worker));
      ResultStore store = ResultStore::open(files_.back());
      store.database().execute("PRAGMA synchronous = OFF");
      Run run = store.begin_run(key(), Provenance{}, 1);
      for (int unit = worker; unit < units; unit += kWorkers) write_unit(run, unit);
    }
  }
  const std::vector<fs::path>& files() const { return files_; }
  std::uintmax_t bytes() const {
    std::uintmax_t sum = 0;
    for (const fs::path& file : files_) sum += fs::file_size(file);
    return sum;
  }
  static const Shards& of(int units) {
    static std::map<int, Shards> made;
    return made.try_emplace(units, units).first->second;
  }

 private:
  TemporaryFolder folder_;
  std::vector<fs::path> files_;
};

void merge_all(ResultStore& target, const Shards& shards, std::int64_t expected) {
  std::int64_t rows = 0;
  for (const fs::path& file : shards.files()) rows += merge_store(target, file).n_rows;
  if (rows != expected) throw std::logic_error("merging lost rows");
}

void counters(benchmark::State& state, const Shards& shards) {
  const auto rows = static_cast<double>(state.range(0)) * kRowsPerUnit;
  state.counters["s_per_million_rows"] =
      benchmark::Counter(rows / 1e6, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["bytes_per_row"] = static_cast<double>(shards.bytes()) / rows;
}

void merge_new(benchmark::State& state) {
  const Shards& shards = Shards::of(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    const TemporaryFolder folder;
    ResultStore target = ResultStore::open(folder / "all.sqlite");
    merge_all(target, shards, state.range(0) * kRowsPerUnit);
  }
  counters(state, shards);
}
BENCHMARK(merge_new)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond)->UseRealTime();

void merge_again(benchmark::State& state) {
  const Shards& shards = Shards::of(static_cast<int>(state.range(0)));
  const TemporaryFolder folder;
  ResultStore target = ResultStore::open(folder / "all.sqlite");
  merge_all(target, shards, state.range(0) * kRowsPerUnit);
  for (auto _ : state) merge_all(target, shards, 0);
  counters(state, shards);
}
BENCHMARK(merge_again)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The reference: all rows of the same files by one INSERT ... SELECT each, nothing compared or checked.
void copy_rows(benchmark::State& state) {
  const Shards& shards = Shards::of(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    const TemporaryFolder folder;
    Database target(folder / "all.sqlite");
    target.choose_journal();
    target.execute(
        "CREATE TABLE copied (file, cell, item, score, alpha, a, b, c, d, e, f, g, PRIMARY KEY (file, cell, item)) "
        "WITHOUT ROWID");
    int number = 0;
    for (const fs::path& file : shards.files()) {
      target.execute(fmt::format("ATTACH '{}' AS part", file.string()));
      target.execute(fmt::format(
          "INSERT INTO copied SELECT {}, score.*, alpha, n_selected, n_selected_anomalous, n_nodes, n_shared_sources,"
          " best_start, half_steps, microseconds FROM part.score JOIN part.scan_detail USING (cell, item)",
          number++));
      target.execute("DETACH part");
    }
  }
  counters(state, shards);
}
BENCHMARK(copy_rows)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond)->UseRealTime();

/// One unit of a hundred scans, as a worker writes it.
void write_units(benchmark::State& state) {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "s.sqlite");
  Run run = store.begin_run(key(), Provenance{}, 1);
  int unit = 0;
  for (auto _ : state) write_unit(run, unit++);
}
BENCHMARK(write_units)->Unit(benchmark::kMillisecond)->UseRealTime();

constexpr int kScoresPerCell = 10'000;  // a test set's images

/// Scores of single images by ten detectors, a million of them in a hundred cells of ten sets.
void write_scores(const fs::path& file, std::int64_t millions) {
  ResultStore store = ResultStore::open(file);
  Run run = store.begin_run(key(), Provenance{}, 1);
  std::vector<double> scores(kScoresPerCell);
  for (std::int64_t i = 0; i < millions * 100; ++i) {
    for (std::size_t j = 0; j < scores.size(); ++j) {
      scores[j] = 1.0 / static_cast<double>(1 + j + static_cast<std::size_t>(i));
    }
    const std::int64_t set = i % 10;
    InputSetRow inputs{"set " + std::to_string(set), set == 0 ? "clean" : "ood", "set " + std::to_string(set)};
    for (int j = 0; j < kScoresPerCell; ++j) inputs.inputs.push_back({j, j % 10, j % 7});
    run.write_unit(std::to_string(i), [&](UnitWriter& writer) {
      const auto cell =
          writer.cell(writer.input_set(inputs), {"mahalanobis:magnitude=" + std::to_string(i / 10), "pool"});
      writer.add_scores(cell, scores);
      writer.add(cell, DetectionRow{"auroc", 0.5, 0.4, 0.6, kScoresPerCell});
    });
  }
  if (store.database().integer("SELECT count(*) FROM score") != millions * 1'000'000) {
    throw std::logic_error("scores are missing");
  }
}

void write_single_scores(benchmark::State& state) {
  for (auto _ : state) {
    const TemporaryFolder folder;
    write_scores(folder / "s.sqlite", state.range(0));
  }
}
BENCHMARK(write_single_scores)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();

void merge_single_scores(benchmark::State& state) {
  const TemporaryFolder folder;
  write_scores(folder / "s.sqlite", state.range(0));
  for (auto _ : state) {
    const TemporaryFolder other;
    ResultStore target = ResultStore::open(other / "all.sqlite");
    if (merge_store(target, folder / "s.sqlite").n_rows != state.range(0) * 1'000'000) {
      throw std::logic_error("merging lost scores");
    }
  }
}
BENCHMARK(merge_single_scores)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace deepmine

BENCHMARK_MAIN();
