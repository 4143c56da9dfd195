// Datasets that a user names with options, and those without labels.
#include "framework/core/file.h"
#include "framework/core/npz.h"
#include "tests/end_to_end/program.h"
#include "tests/support/image_files.h"

using namespace deepmine;

namespace {

namespace fs = std::filesystem;

const std::string kNoise = "uniform:shape=1x8x8,n=20";

Words training(const std::string& network, const std::string& recipe, const std::string& dataset, const fs::path& out) {
  return {"train", network, "--recipe", recipe, "--dataset", dataset, "--out", out.string(), "--threads", "1"};
}

TEST_CASE("What needs labels refuses a dataset without in one line") {
  const TemporaryFolder folder;
  const std::string why = "expected a dataset with labels, found uniform:n=20,seed=1,shape=1x8x8, which has none";
  const std::string store = (folder / "s.sqlite").string();
  check_refusals(
      {{training("resnet20", "fast", kNoise, folder / "m.npz"), "train: " + why},
       {{"run", "deep-mining", "--store", store, "--set", "dataset=" + kNoise}, "deep-mining: " + why},
       {{"run", "autoencoder-scan", "--store", store, "--set", "dataset=" + kNoise}, "autoencoder-scan: " + why}});
}

TEST_CASE("An autoencoder is trained without labels, and its file names the dataset with all options") {
  const TemporaryFolder folder;
  const fs::path model = folder / "m.npz";
  const Finished finished = deepmine_run(training("autoencoder", "autoencoder:epochs=1", kNoise, model));
  INFO(finished.err);
  REQUIRE(finished.code == 0);
  const std::string about = read_npz(model).texts.at("about");
  CHECK(Json::parse(about)["dataset"] == "uniform:n=20,seed=1,shape=1x8x8");
}

/// Two classes of two images, to train on and to test on.
std::string folders_of_images(const TemporaryFolder& folder) {
  for (const std::string part : {"train", "test"}) {
    for (const std::string name : {"dark/1.png", "dark/2.png", "light/1.png", "light/2.png"}) {
      const fs::path file = folder / (part + "/" + name);
      fs::create_directories(file.parent_path());
      write_file(file, flat_png(8, 8, name[0] == 'd' ? "\x10" : "\xf0"));
    }
  }
  return "image-folder:classes=true,dir=" + folder.path().string();
}

TEST_CASE("A classifier is trained on a user's folders of images") {
  const TemporaryFolder folder;
  const std::string dataset = folders_of_images(folder);
  const fs::path out = fs::path(folder.path().string() + "-model.npz");
  const Finished finished = deepmine_run(training("resnet20", "fast:epochs=1,batch=4", dataset, out));
  INFO(finished.err);
  CHECK(finished.code == 0);
  CHECK(finished.err.find("channels=1,classes=2,size=8 on image-folder:channels=auto,classes=true,dir=") !=
        std::string::npos);
  fs::remove(out);
  fs::remove(out.string() + ".log");
  write_file(folder / "test/light/1.png", flat_png(8, 9, "a"));
  fs::remove(folder / "test/light/2.png");
  check_refused(deepmine_run(training("resnet20", "fast", dataset, out)), "1.png: expected an image of 8 x 8");
  fs::remove_all(folder / "test/dark");
  check_refused(deepmine_run(training("resnet20", "fast", dataset, out)), "expected square images of one shape");
  check_refused(deepmine_run(training("resnet20", "fast", "image-folder:dir=/nowhere", out)), "found none at /nowhere");
}

TEST_CASE("A model is trained on with outliers, from its file or its weights, and the new file names the one before") {
  const TemporaryFolder folder, models;
  const std::string dataset = folders_of_images(folder),
                    exposure = "oe:epochs=1,batch=4,outlier-batch=3,outliers=[" + kNoise + "]";
  const auto trained = [](const Words& words) {
    const Finished finished = deepmine_run(words);
    INFO(finished.err);
    REQUIRE(finished.code == 0);
    return finished.err;
  };
  const fs::path first = models / "first.npz", second = models / "second.npz", third = models / "third.npz";
  trained(training("resnet20", "fast:epochs=1,batch=4", dataset, first));
  const std::string log = trained(training(first.string(), exposure, dataset, second));
  CHECK_THAT(log, Catch::Contains("from " + sha256_of_file(first).substr(0, 12) + " on image-folder") &&
                      Catch::Contains("(outliers "));
  const Json about = Json::parse(read_npz(second).texts.at("about"));
  CHECK(about["from"] == "first.npz");
  CHECK(about["from_sha256"] == sha256_of_file(first));
  CHECK(about["network"] == Json::parse(read_npz(first).texts.at("about"))["network"]);
  CHECK(std::string(about["recipe"]).find("outliers=[uniform:n=20,shape=1x8x8],") != std::string::npos);
  trained(training("resnet20:channels=1,size=8,classes=2,weights=" + first.string(), exposure, dataset, third));
  CHECK(read_file(third) == read_file(second));

  check_refused(deepmine_run(training(first.string(), exposure, dataset, first)), "--out");
  check_refused(deepmine_run(training(first.string(), exposure, "uniform:shape=1x9x9,n=4", third)),
                "expected a dataset with labels");
  check_refused(deepmine_run(training((models / "none.npz").string(), exposure, dataset, third)), "none.npz");
  check_refused(deepmine_run(training((folder / "test/dark/1.png").string(), exposure, dataset, third)),
                "expected a network of ours to train, or a model file of one (.npz)");
  check_refused(deepmine_run(training(first.string(), "oe:outliers=[uniform:shape=1x9x9,n=4]", dataset, third)),
                "expected outliers of the shape of the images, 1 x 8 x 8, found 1 x 9 x 9");
}

}  // namespace
