// Damaged files given to the program: a few of each kind. The readers are tried with many more in
// damaged_file_test.cpp.
#include "tests/faults/damage.h"
#include "tests/faults/fault_table.h"
#include "tests/faults/small_program.h"
#include "tests/faults/tiny_run.h"

namespace deepmine {
namespace {

/// A command, a file of it that is damaged, and what the command leaves behind for the same in sound condition.
struct Input {
  std::string name;
  fs::path file;
  Words words;
  std::function<std::vector<std::string>(const Finished&)> result;
  enum class Kind { kChecked, kUnchecked, kRemade } kind = Kind::kChecked;
  std::function<void()> before = [] {};  ///< each try
  std::size_t cuts = 3, flips = 2;

  bool checked() const { return kind != Kind::kUnchecked; }
  bool remade() const { return kind == Kind::kRemade; }
};

std::vector<std::string> printed(const Finished& finished) { return {finished.out}; }

Finished run_on(const Input& input, const std::string& bytes) {
  input.before();
  write_file(input.file, bytes);
  return Process(input.words).wait();
}

/// Tries each damage, then the sound file.
void check_input(const Input& input, FaultTable& table) {
  const std::string sound = read_file(input.file);
  const Finished whole = run_on(input, sound);
  INFO(input.name << ": " << whole.err);
  REQUIRE(whole.code == 0);
  const std::vector<std::string> expected = input.result(whole);
  const Seed seed = Seed(6).child(input.name);
  std::vector<std::string> damaged = truncated(sound, input.cuts, RandomStream(seed.child("cut")));
  for (std::string& bytes : flipped(sound, input.flips, RandomStream(seed.child("flip")))) {
    damaged.push_back(std::move(bytes));
  }
  Outcomes outcomes;
  for (const std::string& bytes : damaged) {
    const Finished finished = run_on(input, bytes);
    INFO(finished.err);
    if (finished.code != 0) {
      CHECK_FALSE(input.remade());
      outcomes.refused(check_refusal(finished, input.file.filename().string()));
      continue;
    }
    const bool same = input.result(finished) == expected;
    CHECK((same || !input.checked()));
    CHECK(finished.err.empty());
    outcomes.other(!same ? kUnnoticed : input.remade() ? "made again: the same result" : "the same result");
  }
  const Finished last = run_on(input, sound);
  CHECK(last.code == 0);
  CHECK(input.result(last) == expected);
  table.add(input.name, damaged.size(), outcomes.text(), "with the sound file: the same result");
}

void check_scans(const TemporaryFolder& folder, FaultTable& table) {
  RandomStream random(Seed(3));
  std::vector<double> values(30 * 10);
  for (double& value : values) value = random.uniform();
  for (const auto& [name, file] :
       {std::pair{"`scan`, p-values `.npy`", "p.npy"}, {"`scan`, p-values `.csv`", "p.csv"}}) {
    write_array(folder / file, {{30, 10}, values});
    check_input({name, folder / file, deepmine_words({"scan", "--p-values", (folder / file).string(), "--json"}),
                 printed, Input::Kind::kUnchecked},
                table);
  }
}

void check_attacks(const TemporaryFolder& folder, FaultTable& table) {
  const SmallAttack attack(folder.path());
  const fs::path out = folder / "a.npy", batches = folder / "a.npy.batches";
  const auto images = [out](const Finished&) { return std::vector<std::string>{sha256_of_file(out)}; };
  check_input({"`attack`, images", folder / "x.npy", attack.words("a.npy"), images, Input::Kind::kUnchecked}, table);
  check_input({"`attack`, TorchScript file", folder / "small.pt", attack.words("a.npy"), images}, table);
  Process killed(attack.words("a.npy"));
  killed.run_until([&] { return fs::exists(batches / "000003.batch"); });
  killed.send(SIGKILL);
  killed.wait();
  check_input({"`attack`, a batch that was kept", batches / "000001.batch", attack.words("a.npy"), images,
               Input::Kind::kRemade, [batches] { fs::create_directory(batches); }},
              table);
}

void check_training(const TemporaryFolder& folder, FaultTable& table) {
  const fs::path out = folder / "m.npz", state = folder / "m.npz.training";
  Process killed(training_words(out));
  killed.run_until([&] { return fs::exists(state); });
  killed.send(SIGKILL);
  killed.wait();
  check_input({"`train`, its state", state, training_words(out),
               [out](const Finished&) { return std::vector<std::string>{sha256_of_file(out)}; }},
              table);
}

void check_runs(const TemporaryFolder& folder, FaultTable& table) {
  const TinyRun run(folder.path());
  const auto model = folder / "model.npz", data = folder / "data/fashion-mnist", store = run.store("s");
  fs::copy_file(DEEPMINE_SOURCE_DIR "/results/checkpoints/resnet20-fashion-mnist.npz", model);
  fs::create_directories(data);
  for (const char* name : {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"}) {
    fs::copy_file(fs::path("/usr/share/datasets/fashion-mnist") / name, data / name);
  }
  const Words words =
      deepmine_words(run.words("s", {"--set", "model=" + model.string(), "--data", (folder / "data").string()}));
  const auto rows = [store](const Finished&) { return TinyRun::results(store); };
  check_input({"`run`, model", model, words, rows}, table);
  check_input({"`run`, Fashion-MNIST", data / "t10k-images-idx3-ubyte.gz", words, rows}, table);
  std::string images = rows_of(store, "SELECT path FROM artifact WHERE kind = 'adversarial images'").at(0);
  images.pop_back();  // the end of the column
  // One cut, the empty file, will do: each is a whole run.
  check_input({"`run`, adversarial images", run.artifacts("s") / images, words, rows, Input::Kind::kRemade,
               [store] { fs::remove(store); }, 2, 1},
              table);
  const fs::path log = store.string() + "-wal", index = store.string() + "-shm";
  // Where a flipped bit of a store lands differs with the machine's name in it: see damaged_store_test.cpp.
  check_input({"`run`, store", store, words, printed, Input::Kind::kUnchecked,
               [log, index] { fs::remove(log), fs::remove(index); }, 4, 0},
              table);
}

TEST_CASE("the program refuses damaged files with their name and code 2, or makes its own again") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  FaultTable table("damaged file, whole program");
  const TemporaryFolder folder;
  check_scans(folder, table);
  check_attacks(folder, table);
  check_training(folder, table);
  check_runs(folder, table);
  table.check();
}

}  // namespace
}  // namespace deepmine
