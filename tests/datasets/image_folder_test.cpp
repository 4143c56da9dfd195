#include <catch2/catch.hpp>

#include "framework/core/file.h"
#include "framework/data/dataset.h"
#include "tests/support/error_text.h"
#include "tests/support/image_files.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

Dataset load(const std::string& spec, Part part = Part::kTest) { return load_dataset(spec, part, DataFolders()); }

/// Folders of flat grey images; each file's value is that of the first letter of its name.
void add(const fs::path& folder, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    fs::create_directories((folder / name).parent_path());
    write_file(folder / name, flat_png(2, 2, fs::path(name).filename().string().substr(0, 1)));
  }
}

std::vector<std::int64_t> values_of(const torch::Tensor& numbers) {
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < numbers.size(0); ++i) result.push_back(numbers[i].flatten()[0].item<std::int64_t>());
  return result;
}

TEST_CASE("a folder of images is a test set, with labels only where they are asked for") {
  const TemporaryFolder folder;
  add(folder.path(), {"x/a.png", "y/a.png", "x/b.png"});
  const std::string spec = "image-folder:dir=" + folder.path().string();
  const Dataset plain = load(spec), classes = load(spec + ",classes=true");
  CHECK(values_of(plain.images) == std::vector<std::int64_t>{'a', 'b', 'a'});
  CHECK_FALSE(plain.labelled());
  CHECK(plain.class_names.empty());
  CHECK(values_of(classes.labels) == std::vector<std::int64_t>{0, 0, 1});
  CHECK(classes.class_names == std::vector<std::string>{"x", "y"});
  CHECK(torch::equal(plain.images, classes.images));
  CHECK(plain.sha256 != classes.sha256);
  CHECK(load(spec + ",channels=3").images.size(1) == 3);
}

TEST_CASE("a dataset's name keeps all options of its spec") {
  const TemporaryFolder folder;
  add(folder.path(), {"a.png"});
  const std::string dir = folder.path().string();
  CHECK(load("image-folder:dir=" + dir).name == "image-folder:channels=auto,classes=false,dir=" + dir);
  CHECK(load("uniform:shape=01x2x03,n=5").name == "uniform:n=5,seed=1,shape=1x2x3");
}

TEST_CASE("folders train and test are the parts, and share the classes of train") {
  const TemporaryFolder folder;
  add(folder.path(), {"train/x/a.png", "train/y/b.png", "train/z/c.png", "test/z/d.png", "test/y/e.png"});
  const std::string spec = "image-folder:classes=true,dir=" + folder.path().string();
  CHECK(values_of(load(spec, Part::kTrain).images) == std::vector<std::int64_t>{'a', 'b', 'c'});
  const Dataset test = load(spec);
  CHECK(values_of(test.images) == std::vector<std::int64_t>{'e', 'd'});
  CHECK(values_of(test.labels) == std::vector<std::int64_t>{1, 2});
  CHECK(test.class_names == std::vector<std::string>{"x", "y", "z"});
  add(folder.path(), {"test/w/f.png"});
  CHECK_THAT(error_text([&] { load(spec); }), Catch::Contains("one of the classes to train on, found \"w\""));
}

TEST_CASE("without folders train and test there is nothing to train on") {
  const TemporaryFolder folder;
  add(folder.path(), {"train/a.png"});
  const std::string spec = "image-folder:dir=" + folder.path().string();
  CHECK(load(spec).size() == 1);
  CHECK_THAT(error_text([&] { load(spec, Part::kTrain); }),
             Catch::Contains("without folders train and test") && Catch::Contains("found train"));
}

TEST_CASE("a folder whose name has commas stands in brackets") {
  const TemporaryFolder folder;
  const fs::path inner = folder / "a,b=c";
  add(inner, {"a.png"});
  const Dataset data = load("image-folder:dir=[" + inner.string() + "],channels=3");
  CHECK(data.size() == 1);
  CHECK(load(data.name).sha256 == data.sha256);
}

TEST_CASE("a folder that is not named or not there is refused, and so are unknown options") {
  CHECK_THAT(error_text([] { load("image-folder"); }), Catch::Contains("say image-folder:dir=PATH"));
  CHECK_THAT(error_text([] { load("image-folder:dir=/nowhere"); }),
             Catch::Contains("found none at /nowhere; change dir"));
  CHECK_THAT(error_text([] { load("image-folder:folder=x"); }), Catch::Contains("unknown key \"folder\""));
  CHECK_THAT(error_text([] { load("image-folder:channels=2"); }), Catch::Contains("expected one of auto, 1, 3"));
  CHECK_THAT(error_text([] { load("mnist:n=3"); }), Catch::Contains("mnist: unknown key \"n\""));
}

}  // namespace
}  // namespace deepmine
