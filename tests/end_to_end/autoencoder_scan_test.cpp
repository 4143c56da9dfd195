// autoencoder-scan through the program, in small, on real images.
#include <torch/script.h>

#include "framework/core/npz.h"
#include "framework/model/model_file.h"
#include "framework/model/network.h"
#include "tests/end_to_end/store_rows.h"

namespace deepmine {
namespace {

/// Few images and layers; some seconds.
Words words(const fs::path& folder, const std::string& store, const Words& more = {}) {
  const std::string shipped = DEEPMINE_SOURCE_DIR "/results/checkpoints/";
  Words result{"run", "autoencoder-scan", "--profile", "quick", "--quiet", "--store", (folder / store).string(),
               "--artifacts", (folder / (store + ".d")).string()};
  for (const std::string& setting :
       {"autoencoder=" + shipped + "autoencoder-fashion-mnist.npz",
        "classifier=" + shipped + "cnn-fashion-mnist.npz", std::string("background=300"),
        std::string("clean=120"), std::string("attacked=200"), std::string("size=60"),
        std::string("replicates=3"), std::string("attacks=fgsm:epsilon=0.05+bim:epsilon=0.05,step=0.02,steps=4"),
        std::string("layers=max_pooling2d_2+conv2d_4+up_sampling2d_1+reconstruction-error")}) {
    result.insert(result.end(), {"--set", setting});
  }
  result.insert(result.end(), more.begin(), more.end());
  return result;
}

std::vector<std::string> results(const fs::path& store) {
  std::vector<std::string> rows;
  for (const char* sql :
       {"SELECT * FROM scan_result ORDER BY 2, 3, 4, 5, 6, 7, 8, 9",
        "SELECT run, layer, detector, attack, clip, kept, anomalous_percent, auroc FROM autoencoder_scan"
        " ORDER BY 2, 3, 4, 5, 6, 7"}) {
    for (std::string& row : rows_of(store, sql)) rows.push_back(row.substr(row.find('|')));
  }
  return rows;
}

TEST_CASE("autoencoder-scan measures each layer and the error, whatever the threads and however often killed") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const Finished whole = measured(words(folder.path(), "a.sqlite", {"--threads", "1"}));
  const auto rows = results(folder / "a.sqlite");
  CHECK(rows.size() > 1000);
  const fs::path killed = folder / "b.sqlite";
  kill_after_units(words(folder.path(), "b.sqlite", {"--threads", "2"}), killed, {1, 5, 9});
  measured(words(folder.path(), "b.sqlite", {"--threads", "2"}));
  CHECK(results(killed) == rows);
  // Up-sampling repeats nodes and changes nothing; the baselines are there; figures were drawn.
  CHECK(rows_of(killed, "SELECT count(DISTINCT layer || detector) FROM autoencoder_scan") ==
        std::vector<std::string>{"6|"});
  CHECK(rows_of(killed, "SELECT max(abs(a.auroc - b.auroc)) FROM autoencoder_scan a JOIN autoencoder_scan b"
                        " USING (attack, clip, kept) WHERE a.layer = 'conv2d_4' AND b.layer = 'up_sampling2d_1'"
                        " AND a.anomalous_percent IS NULL AND b.anomalous_percent IS NULL") ==
        std::vector<std::string>{"0.0|"});
  const std::string run = rows_of(killed, "SELECT uid FROM run")[0];
  for (const char* figure : {"layers", "roc", "densities-clipped", "reconstruction-error", "p-values"}) {
    CHECK(fs::exists(folder / "figures" / run.substr(0, run.size() - 1) / (std::string(figure) + ".svg")));
  }
  const Finished table = deepmine_run({"table", "autoencoder-scan", "--store", killed.string()});
  CHECK(table.out.substr(table.out.find("### The same")) == whole.out.substr(whole.out.find("### The same")));
}

TEST_CASE("an autoencoder of one's own is scanned: bare weights, or the layers and error of TorchScript") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  torch::jit::Module module("own");
  module.define("def forward(self, x):\n  return torch.sigmoid(4 * torch.avg_pool2d(x, [3, 3], [1, 1], [1, 1]) - 2)\n");
  module.save((folder / "own.pt").string());
  const std::string shipped = DEEPMINE_SOURCE_DIR "/results/checkpoints/autoencoder-fashion-mnist.npz";
  const LoadedNetwork network = load_network(shipped);
  Npz bare;
  for (const auto& item : network.network->named_parameters()) {
    const torch::Tensor values = item.value().contiguous();
    bare.arrays[item.key()] =
        Array{{values.sizes().begin(), values.sizes().end()},
              std::vector<float>(values.data_ptr<float>(), values.data_ptr<float>() + values.numel())};
  }
  write_npz(folder / "bare.npz", bare);
  const auto with = [&](const std::string& store, const std::string& autoencoder, const std::string& layers) {
    return words(folder.path(), store, {"--set", "autoencoder=" + autoencoder, "--set", "layers=" + layers, "--set",
                                        "clip=unit"});
  };
  measured(with("own.sqlite", (folder / "own.pt").string(), "all"));
  CHECK(rows_of(folder / "own.sqlite", "SELECT DISTINCT layer FROM autoencoder_scan ORDER BY 1") ==
        std::vector<std::string>{"avg_pool2d|", "output|", "reconstruction-error|", "sigmoid|"});
  measured(with("bare.sqlite", "autoencoder:weights=" + (folder / "bare.npz").string(), "conv2d_4"));
  measured(with("ours.sqlite", shipped, "conv2d_4"));
  const char* kScores = "SELECT score FROM scan_result ORDER BY attack, target, input, replicate, anomalous_fraction";
  CHECK(rows_of(folder / "bare.sqlite", kScores) == rows_of(folder / "ours.sqlite", kScores));
}

TEST_CASE("a run continued with other anomalous images is refused") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const Words run = words(folder.path(), "s.sqlite");
  kill_after_units(run, folder / "s.sqlite", {3});
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open((folder / "s.sqlite").c_str(), &database) == SQLITE_OK);
  sqlite3_busy_timeout(database, 60000);
  REQUIRE(sqlite3_exec(database, "PRAGMA foreign_keys = OFF; UPDATE attack_set SET artifact = 'other'", nullptr,
                       nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
  check_refused(deepmine_run(run), "expected the images this run was begun with");
}

TEST_CASE("settings of autoencoder-scan that do not fit are refused before any work") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const auto with = [&](const std::string& setting) {
    return words(folder.path(), "s.sqlite", {"--set", setting});
  };
  const std::string shipped = DEEPMINE_SOURCE_DIR "/results/checkpoints/";
  check_refusals({{with("layers=conv2d_9"), "found \"conv2d_9\""},
                  {with("attacks=fgsm:clip=none"), "by the option clip"},
                  {with("attacks=bim+bim:epsilon=0.1"), "each attack once"},
                  {with("attacks=fgsm+bim:epsilon=1e+1"), "epsilon: expected a number in [0, 1], found 1e+1"},
                  {with("clean=9900"), "at most 10000"},
                  {with("size=500"), "size: expected at most 120"},
                  {with("autoencoder=" + shipped + "cnn-fashion-mnist.npz"), "expected an autoencoder"},
                  {with("autoencoder=" + shipped + "autoencoder-mnist.npz"), "trained on mnist"},
                  {with("detector=subset-scan:group=5"), "group"}});
}

}  // namespace
}  // namespace deepmine
