// verify, replay and export, on a small real run and on the shipped stores; untrusted_store_test.cpp has altered ones.
#include "framework/core/seed.h"
#include "tests/end_to_end/changed_store.h"
#include "tests/support/script_files.h"

namespace deepmine {
namespace {

TEST_CASE("verify sets every published cell beside ours and fails when a shape check does") {
  const TemporaryFolder folder;
  const std::string store = copy_of(folder, kReference / "deep-mining.sqlite");
  const std::string good = run_of(store,
                                  "profile = 'paper' AND uid IN (SELECT run FROM comparison) AND NOT EXISTS (SELECT 1 "
                                  "FROM shape_check WHERE run = uid AND NOT passed)");
  const Words words{"verify", "deep-mining", "--run", good, "--store", store};
  const Finished text = deepmine_run(words);
  CHECK(text.code == 0);
  CHECK(text.out.find("174 cells, mean absolute difference") != std::string::npos);
  CHECK(text.out.find("11 of 11 hold") != std::string::npos);
  Words json = words;
  json.emplace_back("--json");
  const Json found = json_of(deepmine_run(json));
  CHECK(found["holds"] == true);
  CHECK(found["cells"].size() == 174);
  int inside = 0;
  for (const Json& cell : found["cells"]) {
    const double difference = cell["ours"].get<double>() - cell["published"].get<double>();
    CHECK(cell["difference"].get<double>() == Approx(difference).margin(1e-12));
    if (cell["inside"].is_null()) continue;
    const double published = cell["published"];
    const bool lies = published >= cell["from"].get<double>() && published <= cell["to"].get<double>();
    CHECK(cell["inside"] == (lies ? "yes" : "no"));
    inside += lies ? 1 : 0;
  }
  CHECK(found["inside"] == inside);
  change(store, "UPDATE shape_check SET passed = 0 WHERE run = '" + good + "' AND name LIKE '1a.%'");
  const Finished failed = deepmine_run(words);
  CHECK(failed.code == 1);
  CHECK(failed.out.find("10 of 11 hold") != std::string::npos);
}

TEST_CASE("verify compares autoencoder-scan with what is printed and with what the published weights give") {
  const fs::path store = kReference / "autoencoder-scan.sqlite";
  const std::string run =
      run_of(store, "uid IN (SELECT run FROM param WHERE key = 'dataset' AND value = 'fashion-mnist')");
  const Json found =
      json_of(deepmine_run({"verify", "autoencoder-scan", "--run", run, "--store", store.string(), "--json"}));
  CHECK(found["holds"] == true);
  CHECK(found["cells"].size() > 50);
}

TEST_CASE("a replay gives every row again, and names the row of a store that was altered") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const std::string store = (folder / "s.sqlite").string();
  measured({"run", "deep-mining", "--profile", "quick", "--quiet", "--store", store,
            "--set", "model=" DEEPMINE_SOURCE_DIR "/results/checkpoints/resnet20-fashion-mnist.npz",
            "--set", "detector=subset-scan", "--set", "background=300", "--set", "evaluation=120", "--set", "size=60",
            "--set", "replicates=4", "--set", "targets=3", "--set", "attack=bim:epsilon=0.1,step=0.02,steps=6"});
  const std::string uid = run_of(store, "1");
  const Words words{"replay", uid, "--store", store};
  const Finished same = deepmine_run(words);
  INFO(same.err);
  CHECK(same.code == 0);
  CHECK(same.out.find("code, data, weights, libraries, processor and threads are as they were") != std::string::npos);
  CHECK(same.out.find("equal in every row") != std::string::npos);
  change(store, "UPDATE score SET score = score + 1 WHERE item = 2 AND cell ="
                " (SELECT cell FROM score_cell WHERE kind = 'mixed' AND n_anomalous = 6)");
  change(store, "UPDATE run SET code_version = 'other'");
  Words json = words;
  json.emplace_back("--json");
  const Finished altered = deepmine_run(json);
  CHECK(altered.code == 1);
  const Json found = Json::parse(altered.out);
  CHECK(found["equal"] == false);
  CHECK(found["changes"][0].get<std::string>().rfind("code differs: other then", 0) == 0);
  for (const Json& rows : found["rows"]) {
    CHECK(rows["different"] == (rows["rows"] == "scores" ? 1 : 0));
    if (rows["rows"] != "scores") continue;
    const std::string row = rows["examples"][0]["row"];
    CHECK(row.find("target=3, kind=mixed, anomalous_fraction=0.1, n_inputs=60, replicate=2") != std::string::npos);
    CHECK(rows["examples"][0]["stored"].get<std::string>().rfind("score=", 0) == 0);
  }
}

/// A TorchScript network and random images for it.
struct Files {
  TemporaryFolder folder;
  std::string model = (folder / "small.pt").string(), images, store = (folder / "s.sqlite").string();

  Files() {
    save_script_network(model);
    RandomStream random(Seed(2));
    std::vector<float> pixels(50 * 64);
    for (float& pixel : pixels) pixel = static_cast<float>(random.uniform());
    images = write_values<float>(folder / "x.npy", {50, 1, 8, 8}, pixels);
  }
  Words attack() const {
    return {"attack", "pgd:epsilon=0.1,steps=5", "--model", model, "--images", images,
            "--out=" + (folder / "adv.npy").string(), "--store=" + store};
  }
};

TEST_CASE("an attack with --store is replayed to the last bit, and a changed model told") {
  const Files files;
  const Finished first = measured(files.attack());
  CHECK(first.out.find("success rate") != std::string::npos);
  const std::string uid = run_of(files.store, "experiment = 'attack' AND status = 'finished'");
  const Words words{"replay", uid, "--store", files.store, "--json"};
  const Json same = json_of(deepmine_run(words));
  CHECK(same["equal"] == true);
  CHECK(same["changes"].empty());
  const std::string before = read_file(files.folder / "adv.npy");
  save_script_network(files.model, true);  // the same weights, in double precision
  const Json found = Json::parse(deepmine_run(words).out);
  CHECK(found["changes"][0] == "model differs, or is gone");
  save_normalising_script(files.model);
  const Finished different = deepmine_run(words);
  CHECK(different.code == 1);
  CHECK(Json::parse(different.out)["first"].get<std::string>().find("element ") == 0);
  CHECK(read_file(files.folder / "adv.npy") == before);
}

/// The program in a folder.
Finished run_in(const fs::path& folder, const Words& words) {
  Words all{"/bin/bash", "-c", "cd \"$0\" && exec \"$@\"", folder.string()};
  for (const std::string& word : deepmine_words(words)) all.push_back(word);
  return Process(all).wait();
}

TEST_CASE("a replay from another folder says which one the run was started in") {
  const Files files;
  const TemporaryFolder elsewhere;
  const fs::path home = files.folder / "it's home";
  fs::create_directory(home);
  fs::copy(files.model, home / "m.pt");
  fs::copy(files.images, home / "x.npy");
  const Finished first = run_in(
      home, {"attack", "fgsm", "--model", "m.pt", "--images", "x.npy", "--out", "adv.npy", "--store", "s.sqlite"});
  INFO(first.err);
  REQUIRE(first.code == 0);
  const std::string store = (home / "s.sqlite").string(), uid = run_of(store, "experiment = 'attack'");
  const Finished refused = run_in(elsewhere.path(), {"replay", uid, "--store", store});
  check_refused(refused, "found none of that name in " + fs::canonical(elsewhere.path()).string());
  CHECK(refused.err.find("change to the folder in which the run was started, cd '" +
                         (fs::canonical(files.folder.path()) / "it\\'s home").string() + "'") != std::string::npos);
  CHECK(run_in(home, {"replay", uid, "--store", store}).code == 0);
}

TEST_CASE("outside the source tree the checkpoints that come with it are asked for") {
  if (!have_images()) {
    WARN("SKIPPED: no Fashion-MNIST");
    return;
  }
  const TemporaryFolder folder;
  const Finished refused = run_in(folder.path(), {"run", "deep-mining", "--profile", "quick", "--store", "s.sqlite"});
  check_refused(refused, "results/checkpoints/resnet20-fashion-mnist.npz: expected a model file");
  CHECK(refused.err.find("in " + fs::canonical(folder.path()).string() + "; change to the folder") !=
        std::string::npos);
  CHECK(refused.err.find("--set model=FILE") != std::string::npos);
}

TEST_CASE("a scan with --store prints what it prints without, and is replayed") {
  const TemporaryFolder folder;
  RandomStream random(Seed(4));
  std::vector<float> background(200 * 20), evaluation(30 * 20);
  for (float& value : background) value = static_cast<float>(random.uniform());
  for (float& value : evaluation) value = static_cast<float>(random.uniform());
  const Words scan{"scan", "--background", write_values<float>(folder / "b.npy", {200, 20}, background), "--evaluation",
                   write_values<float>(folder / "e.npy", {30, 20}, evaluation), "--json"};
  const std::string store = (folder / "s.sqlite").string();
  Words recorded = scan;
  recorded.insert(recorded.end(), {"--store", store});
  CHECK(measured(recorded).out == measured(scan).out);
  const std::string uid = run_of(store, "experiment = 'scan'");
  const Finished same = deepmine_run({"replay", uid, "--store", store});
  CHECK(same.code == 0);
  CHECK(same.out.find("equal to the last bit") != std::string::npos);
  change(store, "UPDATE run_input SET sha256 = 'other' WHERE role = 'result'");
  CHECK(deepmine_run({"replay", uid, "--store", store}).code == 1);
}

TEST_CASE("a recorded command that fails leaves no result") {
  const Files files;
  Words words = files.attack();
  words[1] = "pgd:epsilon=-1";
  CHECK(deepmine_run(words).code == 2);
  CHECK(rows_of(files.store, "SELECT status, error LIKE '%epsilon%' FROM run")[0] == "failed|1|");
  check_refused(deepmine_run({"replay", run_of(files.store, "1"), "--store", files.store}), "expected a finished run");
}

TEST_CASE("export writes every table and view, row for row") {
  const TemporaryFolder folder;
  const fs::path store = kReference / "deep-mining.sqlite";
  const fs::path out = folder / "csv";
  const Finished done = deepmine_run({"export", "--csv", out.string(), "--store", store.string()});
  INFO(done.err);
  REQUIRE(done.code == 0);
  for (const std::string name :
       {"run", "param", "scan", "scan_detail", "score", "detection", "deep_mining_table1", "comparison", "published"}) {
    INFO(name);
    REQUIRE(fs::exists(out / (name + ".csv")));
  }
  const std::string csv = read_file(out / "score.csv");
  const int rows = std::stoi(rows_of(store, "SELECT count(*) FROM score")[0]);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == rows + 1);
  CHECK(csv.rfind("cell,item,score\n", 0) == 0);
  CHECK(done.out.find(fmt::format("score.csv  {} rows", rows)) != std::string::npos);
}

TEST_CASE("a run that is not finished is not verified") {
  const TemporaryFolder folder;
  const std::string store = copy_of(folder, kReference / "deep-mining.sqlite");
  const std::string uid = run_of(store, "profile = 'quick'");
  change(store, "UPDATE run SET status = 'interrupted' WHERE uid = '" + uid + "'");
  check_refused(deepmine_run({"verify", "deep-mining", "--run", uid, "--store", store}), "expected a finished one");
  check_refused(deepmine_run({"replay", uid, "--store", store}), "expected a finished run");
}

TEST_CASE("what cannot be verified, replayed or exported is refused") {
  const TemporaryFolder folder;
  const std::string store = (kReference / "deep-mining.sqlite").string(), file = (folder / "file").string();
  write_file(file, "x");
  check_refusals({
      {{"verify", "deep-minning", "--store", store}, "unknown experiment"},
      {{"verify", "deep-mining", "--run", "abc", "--store", store},
       "expected a finished run of deep-mining with uid abc"},
      {{"verify", "deep-mining", "--store", "absent.sqlite"}, "absent.sqlite"},
      {{"replay", "abc", "--store", store}, "found no run \"abc\""},
      {{"replay", "--store", store}, "expected"},
      {{"export", "--csv", file, "--store", store}, "expected a folder"},
      {{"export", "--store", store}, "expected --csv"},
  });
}

}  // namespace
}  // namespace deepmine
