// The command `detect`, as a user runs it: on a model with images, and on arrays that another program wrote.
#include <map>

#include "framework/core/npz.h"
#include "framework/core/seed.h"
#include "tests/end_to_end/program.h"
#include "tests/support/script_files.h"

namespace deepmine {
namespace {

struct Files {
  TemporaryFolder folder;
  std::string train =
      write_values<float>(folder / "train.npy", {6, 3}, {9, 0, 0, 8, 0, 1, 0, 9, 0, 1, 8, 0, 0, 0, 9, 0, 1, 8});
  std::string labels = write_values<std::int64_t>(folder / "labels.npy", {6}, {0, 0, 1, 1, 2, 2});
  std::string some = write_values<float>(folder / "some.npy", {3, 3}, {9, 0, 0, 4, 4, 4, 0, 9, 1});
};

TEST_CASE("detect scores logits without a model, and names those above the threshold of the clean ones") {
  const Files files;
  const Json found =
      json_of(deepmine_run({"detect", "msp", "--train-features", files.train, "--features", files.some, "--json"}));
  CHECK(found["detector"] == "msp");
  CHECK(found["scores"].size() == 3);
  CHECK(found["scores"][1].get<double>() == Approx(2.0 / 3));
  CHECK(found["threshold"].get<double>() < 0.01);
  CHECK(found["anomalous"] == Json{1});
  const Json alone = json_of(deepmine_run({"detect", "msp", "--features", files.some, "--json"}));
  CHECK(alone["threshold"].is_null());
  CHECK(alone["scores"] == found["scores"]);
}

TEST_CASE("no more of the clean inputs than --fpr says lie above the threshold") {
  const Files files;
  const auto apart = write_values<float>(files.folder / "apart.npy", {6, 2}, {1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0});
  const std::map<std::string, std::size_t> most_of{{"0", 0}, {"0.3", 1}, {"0.5", 3}};
  for (const auto& [fpr, most] : most_of) {
    const Json found = json_of(
        deepmine_run({"detect", "msp", "--train-features", apart, "--features", apart, "--fpr", fpr, "--json"}));
    CHECK(found["anomalous"].size() == most);
  }
}

TEST_CASE("detect keeps what it has learnt and scores with it in another process") {
  const Files files;
  const std::string kept = (files.folder / "d.npz").string(), out = (files.folder / "s.npy").string();
  const Words score{"detect", "mahalanobis", "--features", files.some, "--json"};
  Words learn = score;
  learn.insert(learn.end(), {"--train-features", files.train, "--train-labels", files.labels, "--save", kept});
  Words again = score;
  again.insert(again.end(), {"--fitted", kept, "--out", out});
  const Json found = json_of(deepmine_run(learn));
  CHECK(json_of(deepmine_run(again)) == found);
  CHECK(values_as<double>(read_array(out), out) == found["scores"].get<std::vector<double>>());
  CHECK(found["scores"][1].get<double>() > found["threshold"].get<double>());
}

TEST_CASE("detect reads a layer of a model, one that the command names for scans") {
  const Files files;
  RandomStream random{Seed(3)};
  const auto images = [&](const char* name, std::size_t count, double brightness) {
    std::vector<float> pixels(count * 64);
    for (float& pixel : pixels) pixel = static_cast<float>(brightness * random.uniform());
    return write_values<float>(files.folder / name, {count, 1, 8, 8}, pixels);
  };
  const std::string model =
      save_script(files.folder, "m.pt", "    z = x.flatten(1)\n    return z[:, :4] * 3\n").string();
  const std::string train = images("clean.npy", 60, 0.3), bright = images("bright.npy", 4, 1);
  const Json layers = json_of(deepmine_run({"activations", "--model", model, "--images", train, "--layers", "--json"}));
  const std::string last = layers["layers"].back()["name"].get<std::string>();
  const Json found = json_of(deepmine_run(
      {"detect", "subset-scan", "--layer", last, "--model", model, "--train", train, "--images", bright, "--json"}));
  CHECK(found["anomalous"].size() >= 3);
  const Json moved =
      json_of(deepmine_run({"detect", "odin:epsilon=0.01", "--model", model, "--images", bright, "--json"}));
  CHECK(moved["scores"].size() == 4);
}

TEST_CASE("detect refuses what does not fit together") {
  const Files files;
  const std::string fitted = (files.folder / "other.npz").string();
  REQUIRE(deepmine_run(
              {"detect", "mahalanobis", "--train-features", files.train, "--features", files.some, "--save", fitted})
              .code == 0);
  const auto wide = write_values<float>(files.folder / "wide.npy", {1, 4}, {1, 2, 3, 4});
  const auto nan = write_values<float>(files.folder / "nan.npy", {1, 3}, {1, std::nanf(""), 3});
  const auto arrays = [&](const char* spec, Words more) {
    Words words{"detect", spec, "--features", files.some};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  check_refusals({
      {{"detect", "mps", "--features", files.some}, "unknown detector \"mps\"; known: mahalanobis, msp"},
      {{"detect", "msp"}, "expected --images, found none"},
      {arrays("mahalanobis", {}), "expected --train-features, found none"},
      {arrays("msp", {"--fpr", "0.1"}), "--fpr: expected --train-features with it"},
      {arrays("msp", {"--train-features", files.train, "--fpr", "1"}), "--fpr: expected a share"},
      {arrays("msp", {"--layer", "conv"}), "--layer: expected a detector of whatever layer"},
      {arrays("subset-scan", {"--train-features", files.train, "--train-labels", files.labels}),
       "--predicted: expected the classes"},
      {arrays("msp", {"--adversarial", files.some}), "--adversarial: expected a detector that learns"},
      {arrays("msp", {"--train-features", files.train, "--fitted", fitted}), "--fitted"},
      {arrays("mahalanobis:layer=conv", {"--fitted", fitted}),
       "expected detector mahalanobis:layer=conv, found mahalanobis:layer=logits"},
      {arrays("odin:epsilon=0.1", {}), "expected a model and its images"},
      {{"detect", "mahalanobis", "--train-features", files.train, "--features", wide}, "features: expected 3 columns"},
      {{"detect", "msp", "--features", nan}, "nan.npy: expected finite numbers"},
      {{"detect", "msp", "--features", files.some, "--out", files.some}, "--out"},
  });
}

}  // namespace
}  // namespace deepmine
