// What users' models did to the program: print, change their input, look at the whole batch.
#include <fmt/format.h>
#include <torch/script.h>

#include "tests/end_to_end/changed_store.h"
#include "tests/support/changed_archive.h"
#include "tests/support/script_network.h"

namespace deepmine {
namespace {

/// Images of 1 x 8 x 8 and labels for a model of four classes.
struct Bench {
  TemporaryFolder folder;
  std::string images, labels;

  Bench() {
    RandomStream random(Seed(2));
    std::vector<float> pixels(40 * 64);
    for (float& pixel : pixels) pixel = static_cast<float>(random.uniform());
    images = write_values<float>(folder / "x.npy", {40, 1, 8, 8}, pixels);
    std::vector<std::int64_t> classes(40);
    for (std::size_t i = 0; i < classes.size(); ++i) classes[i] = static_cast<std::int64_t>(i % 4);
    labels = write_values<std::int64_t>(folder / "y.npy", {40}, classes);
  }
  std::string model(const char* name, const std::string& body) const {
    return save_script(folder, name, body).string();
  }
  Words attack(const std::string& spec, const std::string& model, const Words& more = {}) const {
    Words words{"attack", spec, "--model", model, "--images", images, "--out", (folder / "adv.npy").string(), "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Words activations(const std::string& model, const Words& more = {}) const {
    Words words{
        "activations", "--model", model, "--images", images, "--layer", "output", "--out", (folder / "a.npy").string(),
        "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

const std::string kFew = "    return x.flatten(1)[:, 0:4]\n";
const std::string kOfTheBatch = "    return (x - x.mean(0, True) + x.mean()).flatten(1)[:, 0:4]\n";

TEST_CASE("stdout holds results only, whatever a model prints, with several threads, too") {
  const Bench bench;
  const std::string loud = bench.model("loud.pt", "    print(\"in the model\", x.size(0))\n" + kFew);
  for (const Words& words :
       {bench.attack("fgsm:epsilon=0.1", loud, {"--threads", "2"}), bench.activations(loud, {"--threads", "2"})}) {
    const Finished run = deepmine_run(words);
    CHECK(json_of(run)["warnings"].empty());
    CHECK(std::count(run.out.begin(), run.out.end(), '\n') == 1);
    CHECK(run.err.find("in the model ") != std::string::npos);
  }
  CHECK(deepmine_run(bench.attack("fgsm:epsilon=0.1", loud), Stdout::kFull).code == 2);
}

TEST_CASE("a model that changes its images in place is attacked, and its activations are those of the images") {
  const Bench bench;
  const std::string in_place = bench.model("in-place.pt", "    x.sub_(0.5).div_(0.25)\n    x.relu_()\n" + kFew);
  const std::string plain = bench.model("plain.pt", "    x = torch.relu((x - 0.5) / 0.25)\n" + kFew);
  std::vector<std::string> written;
  for (const std::string& model : {in_place, plain}) {
    json_of(deepmine_run(bench.activations(model)));
    json_of(deepmine_run(bench.attack("bim:epsilon=0.1,step=0.02", model)));
    written.push_back(read_file(bench.folder / "a.npy") + read_file(bench.folder / "adv.npy"));
  }
  CHECK(written[0] == written[1]);
}

TEST_CASE("outputs that depend on the batch are warned of, and refused with --strict") {
  const Bench bench;
  const std::string model = bench.model("batch.pt", kOfTheBatch);
  for (const Words& words : {bench.attack("fgsm:epsilon=0.1", model), bench.activations(model)}) {
    const Finished run = deepmine_run(words);
    CHECK(json_of(run)["warnings"][0].get<std::string>().find("depend on the other images of its batch") !=
          std::string::npos);
    CHECK(run.err.find("deepmine: warning: the outputs for an image depend") != std::string::npos);
    Words strict = words;
    strict.emplace_back("--strict");
    check_refused(deepmine_run(strict), "--strict: the outputs for an image depend");
    const std::string store = (bench.folder / (words[0] + ".sqlite")).string();
    Words recorded = words;
    recorded.insert(recorded.end(), {"--store", store});
    measured(recorded);
    CHECK(rows_of(store, "SELECT passed, detail LIKE '%of its batch%' FROM shape_check") ==
          std::vector<std::string>{"0|1|"});
  }
}

TEST_CASE("an attack that cannot reach its epsilon is warned of, and one with default steps can") {
  const Bench bench;
  const std::string model = bench.model("few.pt", kFew);
  const auto warnings = [&](const std::string& spec) {
    return json_of(deepmine_run(bench.attack(spec, model)))["warnings"];
  };
  CHECK(warnings("bim:epsilon=0.3,step=0.01")[0].get<std::string>().find("moves an image by 0.1") != std::string::npos);
  CHECK(warnings("pgd:norm=l2,epsilon=1").empty());
  check_refused(deepmine_run(bench.attack("bim:epsilon=0.3,step=0.01", model, {"--strict"})),
                "--strict: bim moves an image");
  const Json described = json_of(deepmine_run({"describe", "jsma", "--json"}));
  CHECK(described["warnings"][0].get<std::string>().find("preset=foolbox") != std::string::npos);
  CHECK_FALSE(json_of(deepmine_run({"describe", "pgd", "--json"})).contains("warnings"));
}

TEST_CASE("an attack tells what was wrong before it, in JSON, in rows and in the store, and the rows are replayed") {
  const Bench bench;
  const std::string model = bench.model("few.pt", kFew), rows = (bench.folder / "rows.npz").string();
  const Json still =
      json_of(deepmine_run(bench.attack("fgsm:epsilon=0", model, {"--labels", bench.labels, "--out-rows", rows})));
  CHECK(still["labels"] == "given");
  CHECK(still["success_rate"].get<double>() == Approx(1 - still["clean_accuracy"].get<double>()));
  CHECK(still["robust_accuracy"] == still["clean_accuracy"]);
  CHECK(still["success_rate_correct"] == 0);
  CHECK(still["mean_l2_successes"] == 0);
  CHECK(std::filesystem::exists(rows));

  const Json own = json_of(deepmine_run(bench.attack("fgsm:epsilon=0.2", model)));
  CHECK(own["labels"] == "model");
  CHECK(own["clean_accuracy"].is_null());
  CHECK(own["success_rate_correct"] == own["success_rate"]);
  CHECK(json_of(deepmine_run(bench.attack("fgsm:epsilon=0.2", model, {"--target", "1"})))["already_target"] > 0);

  const std::string store = (bench.folder / "s.sqlite").string();
  const Finished run = measured(
      bench.attack("fgsm:epsilon=0.2", model, {"--labels", bench.labels, "--out-rows", rows, "--store", store}));
  const Json found = Json::parse(run.out);
  CHECK(rows_of(store, "SELECT target, n_candidates, n_kept FROM attack_set ORDER BY target DESC") ==
        std::vector<std::string>{fmt::format("wrong|40|{}|", found["successes"].get<int>()),
                                 fmt::format("fooled|{}|{}|", found["correct_before"].get<int>(),
                                             std::lround(found["correct_before"].get<double>() *
                                                         found["success_rate_correct"].get<double>()))});
  const std::string uid = run_of(store, "1");
  const Json same = json_of(deepmine_run({"replay", uid, "--store", store, "--json"}));
  CHECK(same["equal"] == true);
  CHECK(same["rows"].empty());
  change(store, "UPDATE attack_set SET n_kept = n_kept + 1 WHERE target = 'fooled'");
  change(store, "UPDATE run_input SET sha256 = 'other' WHERE role = 'rows'");
  const Finished altered = deepmine_run({"replay", uid, "--store", store, "--json"});
  CHECK(altered.code == 1);
  CHECK(Json::parse(altered.out)["rows"].size() == 2);
  const Finished text =
      deepmine_run(bench.attack("fgsm:epsilon=0.2", model, {"--labels", bench.labels, "--out-rows", "rows.npy"}));
  check_refused(text, "--out-rows: expected a file name that ends in .npz");
}

TEST_CASE("images of the range that --range says are taken, others refused with the range that they seem to have") {
  const Bench bench;
  const std::string model = bench.model("few.pt", kFew);
  std::vector<std::uint8_t> bytes(64 * 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(2 * i);
  const std::string u8 = write_values(bench.folder / "u8.npy", {2, 1, 8, 8}, bytes);
  std::vector<float> beyond(64, 0.5F);
  beyond[3] = 1.0000001F;
  const std::string little = write_values(bench.folder / "little.npy", {1, 1, 8, 8}, beyond);
  beyond[3] = -1;
  const std::string centred = write_values(bench.folder / "centred.npy", {1, 1, 8, 8}, beyond);
  const auto with = [&](Words words, const std::string& images, const Words& more = {}) {
    words[std::find(words.begin(), words.end(), "--images") - words.begin() + 1] = images;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  for (const Words& words : {bench.attack("fgsm:epsilon=8/255", model), bench.activations(model)}) {
    CHECK(json_of(deepmine_run(with(words, u8, {"--range", "0,255"})))["warnings"].empty());
    CHECK(json_of(deepmine_run(with(words, little)))["warnings"].empty());
    CHECK(json_of(deepmine_run(with(words, centred, {"--range", "-1,1"})))["warnings"].empty());
    check_refused(deepmine_run(with(words, u8)), "give --range 0,255");
    check_refused(deepmine_run(with(words, centred)), "give --range -1,1");
    const Json unscaled = json_of(deepmine_run(with(words, bench.images, {"--range", "-1,1"})));
    CHECK(unscaled["warnings"][0].get<std::string>().find("the pixels lie in [0,1]") != std::string::npos);
  }
  json_of(deepmine_run(with(bench.activations(model), u8, {"--range", "0,255"})));
  CHECK(values_as<float>(read_array(bench.folder / "a.npy"), "a")[1] == Approx(2));
  const Json found = json_of(deepmine_run(bench.attack("fgsm:epsilon=8/255", model)));
  CHECK(found["attack"] == "fgsm:clip=unit,epsilon=0.03137254901960784");
}

TEST_CASE("layers within a model are listed, written and scored, and misspelt ones are told in one line") {
  const Bench bench;
  save_script_network(bench.folder / "m.pt");
  const std::string model = (bench.folder / "m.pt").string();
  const Json listed =
      json_of(deepmine_run({"activations", "--model", model, "--images", bench.images, "--layers", "--json"}));
  CHECK(listed["layers"] == Json::parse(R"([{"name": "conv", "nodes": 384, "shape": [6, 8, 8]},
    {"name": "relu", "nodes": 384, "shape": [6, 8, 8]}, {"name": "matmul", "nodes": 4, "shape": [4]},
    {"name": "output", "nodes": 4, "shape": [4]}])"));
  const auto with = [&](const std::string& layer, const std::string& out) {
    return Words{"activations", "--model", model, "--images", bench.images, "--layer", layer, "--out", out, "--json"};
  };
  const std::string conv = (bench.folder / "conv.npy").string();
  CHECK(json_of(deepmine_run(with("conv", conv)))["nodes"] == 384);
  CHECK(json_of(deepmine_run({"scan", "--background", conv, "--evaluation", conv, "--json"})).count("score") == 1);
  check_refused(deepmine_run(with("relo", conv)), "unknown layer \"relo\"; did you mean relu?");
  const auto detect = [&](const std::string& detector, const Words& more = {}) {
    Words words{"detect", detector, "--model", model, "--train", bench.images, "--images", bench.images, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const std::string detector = json_of(deepmine_run(detect("mahalanobis:layer=relu")))["detector"];
  CHECK(detector == "mahalanobis:epsilon=0,layer=relu,units=pixels");
  CHECK(json_of(deepmine_run(detect("subset-scan", {"--layer", "relu"}))).contains("scores"));
  check_refused(deepmine_run(detect("mahalanobis:layer=relo")), "unknown layer \"relo\"; did you mean relu?");

  const std::string dict =
      bench.model("dict.pt", "    return {\"a\": torch.relu(x - 0.5), \"b\": x.flatten(1)[:, 0:4]}\n");
  check_refused(deepmine_run(bench.attack("fgsm", dict)), "choose one: torchscript:weights=" + dict + ",output=a");
  CHECK(json_of(deepmine_run(bench.attack("fgsm", "torchscript:weights=" + dict + ",output=b")))["inputs"] == 40);
  Words of_a = with("a", conv);
  of_a[2] = "torchscript:weights=" + dict + ",output=b";
  CHECK(json_of(deepmine_run(of_a))["nodes"] == 64);
}

TEST_CASE("models saved on a GPU run, and those of a newer torch are refused with a line that says so") {
  const Bench bench;
  save_script_network(bench.folder / "cpu.pt");
  put_on_gpu(bench.folder / "cpu.pt", bench.folder / "gpu.pt");
  make_newer(bench.folder / "cpu.pt", bench.folder / "newer.pt");
  CHECK(json_of(deepmine_run(bench.attack("fgsm", (bench.folder / "gpu.pt").string())))["inputs"] == 40);
  check_refused(deepmine_run(bench.attack("fgsm", (bench.folder / "newer.pt").string())),
                "written by a newer torch than 1.13");
}

/// A linear classifier of 1 x 28 x 28 images, and autoencoders of them, for experiments.
struct Experiment {
  TemporaryFolder folder;
  std::string classifier = (folder / "classifier.pt").string();

  Experiment() {
    torch::jit::Module module("linear");
    RandomStream random(Seed(5));
    module.register_parameter("dense", random_weights({784, 10}, 0.3, random), false);
    module.define("def forward(self, x):\n    return torch.matmul(x.flatten(1), self.dense)\n");
    module.save(classifier);
  }
  Words run(const std::string& autoencoder, const Words& more = {}, const std::string& command = "run") const {
    Words words{command,   "autoencoder-scan", "--profile",   "quick",
                "--store", store().string(),   "--artifacts", (folder / "artifacts").string()};
    for (const std::string& setting :
         {"autoencoder=" + autoencoder, "classifier=" + classifier, std::string("background=80"),
          std::string("anomalous-percent=10"), std::string("clean=40"), std::string("attacked=40"),
          std::string("size=20"), std::string("replicates=0"), std::string("clip=unit"),
          std::string("attacks=fgsm:epsilon=0.1+bim:epsilon=0.1,step=0.001,steps=4"),
          std::string("layers=reconstruction-error")}) {
      words.insert(words.end(), {"--set", setting});
    }
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  fs::path store() const { return folder / "s.sqlite"; }
};

TEST_CASE("an autoencoder that changes its images in place gives the rows of one that does not") {
  if (!have_images()) {
    WARN("SKIPPED: no Fashion-MNIST");
    return;
  }
  const Experiment experiment;
  const std::string end = "    return x * 0.9 + 0.05\n";
  measured(experiment.run(save_script(experiment.folder, "in-place.pt", "    x.clamp_(0.1, 0.8)\n" + end).string()));
  measured(experiment.run(save_script(experiment.folder, "plain.pt", "    x = x.clamp(0.1, 0.8)\n" + end).string()));
  CHECK(rows_of(experiment.store(),
                "SELECT count(DISTINCT run), count(DISTINCT auroc || attack || detector || kept), count(*)"
                " FROM autoencoder_scan")
            .front()
            .rfind("2|", 0) == 0);
  CHECK(rows_of(experiment.store(),
                "SELECT count(*) FROM (SELECT attack, detector, kept, auroc FROM autoencoder_scan"
                " GROUP BY 1, 2, 3, 4 HAVING count(*) <> 2)") == std::vector<std::string>{"0|"});
}

TEST_CASE(
    "what is doubtful about an experiment's models and attacks is told, kept and shown, and refused with --strict") {
  if (!have_images()) {
    WARN("SKIPPED: no Fashion-MNIST");
    return;
  }
  const Experiment experiment;
  const std::string model =
      save_script(experiment.folder, "batch.pt", "    return torch.sigmoid(x - x.mean(0, True))\n").string();
  check_refused(deepmine_run(experiment.run(model, {"--strict"})),
                "--strict: the autoencoder: the outputs for an image depend");
  CHECK(rows_of(experiment.store(), "SELECT count(*) FROM run") == std::vector<std::string>{"0|"});
  const Finished run = measured(experiment.run(model));
  CHECK(run.err.find("deepmine: warning: the autoencoder: the outputs for an image depend") != std::string::npos);
  CHECK(run.err.find("bim moves an image by 0.004") != std::string::npos);
  CHECK(run.out.find("doubtful: the autoencoder: the outputs for an image depend") != std::string::npos);
  CHECK(rows_of(experiment.store(),
                "SELECT count(*) FROM shape_check WHERE name LIKE '0. nothing is doubtful about %' AND NOT passed") ==
        std::vector<std::string>{"2|"});
  const std::string plan = (experiment.folder / "p.plan").string();
  Words planning = experiment.run(model, {"--out", plan}, "plan");
  CHECK(measured(planning).err.find("deepmine: warning: the autoencoder") != std::string::npos);
  planning.emplace_back("--strict");
  check_refused(deepmine_run(planning), "--strict: the autoencoder");
  fs::remove(experiment.store());  // else nothing is left to measure
  check_refused(deepmine_run({"work", plan, "--index", "0", "--of", "1", "--quiet", "--strict"}),
                "--strict: the autoencoder");
}

}  // namespace
}  // namespace deepmine
