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

/// Clean values around 0, others about 10 away, and classes of both.
struct LearningFiles {
  TemporaryFolder folder;
  std::string clean = draw("clean.npy", 40, 0), adversarial = draw("adversarial.npy", 20, 10),
              noisy = draw("noisy.npy", 20, 0.1), some = draw("some.npy", 6, 10), zeros = classes("zeros.npy", 40, 0),
              far = classes("far.npy", 20, 0), near = classes("near.npy", 6, 0);

  std::string draw(const char* name, std::size_t rows, double at) const {
    RandomStream random{Seed(rows)};
    std::vector<double> numbers(rows * 3);
    for (double& number : numbers) number = at + random.uniform();
    return write_values<double>(folder / name, {rows, 3}, numbers);
  }
  std::string classes(const char* name, std::size_t rows, std::int64_t kind) const {
    return write_values<std::int64_t>(folder / name, {rows}, std::vector<std::int64_t>(rows, kind));
  }
  Words words(const std::string& spec, Words more) const {
    Words words{"detect", spec, "--features", some, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

TEST_CASE("detect learns from adversarial and noisy inputs, and keeps what it has learnt from them") {
  const LearningFiles files;
  const std::string kept = (files.folder / "d.npz").string();
  const Json found =
      json_of(deepmine_run(files.words("kd-bu", {"--train-features", files.clean, "--adversarial", files.adversarial,
                                                 "--noisy", files.noisy, "--save", kept})));
  CHECK(found["anomalous"].size() == 6);
  REQUIRE(found["warnings"].size() == 1);
  CHECK_THAT(found["warnings"][0].get<std::string>(), Catch::Contains("dropout"));
  CHECK(json_of(deepmine_run(files.words("kd-bu", {"--fitted", kept}))) == found);
  const Json of_classes = json_of(deepmine_run(
      files.words("kd-bu", {"--train-features", files.clean, "--adversarial", files.adversarial, "--train-labels",
                            files.zeros, "--predicted", files.near, "--adversarial-predicted", files.far})));
  CHECK(of_classes["anomalous"].size() == 6);
}

TEST_CASE("detect scores inputs of a class without clean ones, constant features and one clean input") {
  const LearningFiles files;
  const std::string three = files.classes("three.npy", 6, 3), one = files.draw("one.npy", 1, 0);
  const std::string constant = write_values<double>(files.folder / "constant.npy", {4, 3}, std::vector<double>(12, 7));
  const auto scores = [&](const std::string& spec, Words more) {
    return json_of(deepmine_run(files.words(spec, std::move(more))))["scores"];
  };
  CHECK(scores("one-class", {"--train-features", files.clean, "--train-labels", files.zeros, "--predicted", three}) ==
        Json(std::vector<double>(6, 0)));
  for (const char* spec : {"one-class", "kde", "lid", "knn:k=1"}) {
    INFO(spec);
    for (const Json& score : scores(spec, {"--train-features", constant})) CHECK(score.is_number());
  }
  for (const char* spec : {"one-class", "kde", "knn:k=1"}) CHECK(scores(spec, {"--train-features", one}).size() == 6);
}

TEST_CASE("detect refuses inputs to learn from that a detector does not need, misses or cannot use") {
  const LearningFiles files;
  const std::string one = files.draw("one.npy", 1, 10);
  const std::string nan = write_values<double>(files.folder / "nan.npy", {2, 3}, {1, 2, 3, 4, 5, std::nan("")});
  const Words clean{"--train-features", files.clean};
  const auto with = [&](const std::string& spec, Words more) {
    more.insert(more.begin(), clean.begin(), clean.end());
    return files.words(spec, more);
  };
  check_refusals({
      {with("kde", {"--adversarial", files.adversarial}),
       "--adversarial: expected a detector that learns from adversarial inputs, found kde"},
      {with("lid", {"--noisy", files.noisy}), "--noisy: expected a detector that learns"},
      {with("kd-bu", {}), "expected --adversarial, inputs that kd-bu"},
      {with("kd-bu", {"--adversarial", one}),
       "expected 5 normal and 5 adversarial inputs or more to learn from, found 40 and 1"},
      {with("kd-bu", {"--adversarial", nan}), "nan.npy: expected finite numbers"},
      {with("kd-bu", {"--adversarial", files.adversarial, "--train-labels", files.zeros, "--predicted", files.near}),
       "--adversarial-predicted: expected the classes of --adversarial"},
      {with("kd-bu", {"--adversarial", files.adversarial, "--noisy-predicted", files.far}),
       "--noisy-predicted: expected --noisy"},
      {with("lid:layers=a+logits", {"--adversarial", files.adversarial}), "layers: expected a model and its images"},
      {with("one-class:layers=a+logits", {}), "layers: expected a model and its images"},
      {with("one-class:classes=true", {}), "classes: expected labels of the clean inputs"},
      {with("one-class:gamma=0", {}), "gamma: expected scale or a number above 0"},
      {with("knn", {}), "knn: expected 50 clean inputs or more"},
      {with("mahalanobis:layer=a,epsilon=0.1", {}), "epsilon: expected layer=logits"},
      {files.words("one-class", {"--train-features", nan}), "nan.npy: expected finite numbers"},
      {files.words("lid", {"--train-features", one}), "lid: expected two clean inputs or more"},
  });
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
      {{"detect", "mps", "--features", files.some}, "unknown detector \"mps\"; known: energy, feature-squeezing"},
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
       "expected detector mahalanobis:epsilon=0,layer=conv,units=pixels, found "
       "mahalanobis:epsilon=0,layer=logits,units=pixels"},
      {arrays("odin:epsilon=0.1", {}), "expected a model and its images"},
      {{"detect", "mahalanobis", "--train-features", files.train, "--features", wide}, "features: expected 3 columns"},
      {{"detect", "msp", "--features", nan}, "nan.npy: expected finite numbers"},
      {{"detect", "msp", "--features", files.some, "--out", files.some}, "--out"},
  });
}

}  // namespace
}  // namespace deepmine
