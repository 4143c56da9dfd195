#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>

#include "datasets/area_resize.h"
#include "framework/core/file.h"
#include "framework/core/seed.h"
#include "framework/data/dataset.h"
#include "tests/support/error_text.h"
#include "tests/support/image_files.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/zip_of.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

/// A data folder of files made up.
class Made {
 public:
  void add(const std::string& name, const std::string& content) const {
    fs::create_directories((folder_ / name).parent_path());
    write_file(folder_ / name, content);
  }
  Dataset load(const std::string& spec, Part part = Part::kTest) const {
    return load_dataset(spec, part, DataFolders(folder_.path()));
  }
  std::string complaint(const std::string& spec, Part part = Part::kTest) const {
    return error_text([&] { load(spec, part); });
  }

 private:
  TemporaryFolder folder_;
};

std::string names(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "class" + std::to_string(i) + "\n";
  return text;
}

TEST_CASE("CIFAR-100 is read as its owner publishes it, the fine label of two") {
  const Made made;
  std::string records;
  for (int i = 0; i < 10000; ++i)
    records += '\5' + std::string(1, static_cast<char>(i % 100)) + std::string(3072, '\7');
  made.add("cifar-100-binary/test.bin", records);
  made.add("cifar-100-binary/fine_label_names.txt", names(100));
  const Dataset data = made.load("cifar100");
  CHECK(data.images.sizes() == at::IntArrayRef({10000, 3, 32, 32}));
  CHECK(data.labels[9942].item<int>() == 42);
  CHECK(data.class_names[42] == "class42");
  CHECK_THAT(made.complaint("cifar100", Part::kTrain), Catch::Contains("train.bin"));
  made.add("cifar-100-binary/fine_label_names.txt", names(99));
  CHECK_THAT(made.complaint("cifar100"), Catch::Contains("expected the names of 100 classes, found 99"));
  records[3074 + 1] = 100;
  made.add("cifar-100-binary/test.bin", records);
  CHECK_THAT(made.complaint("cifar100"), Catch::Contains("expected labels 0 to 99, found 100 at record 1"));
}

TEST_CASE("CIFAR-100's test images alone are read, too, and have no training part") {
  const Made made;
  made.add("cifar-100/test_fine.bin", std::string(std::size_t{10000} * 3073, '\3'));
  made.add("cifar-100/fine_label_names.txt", names(100));
  CHECK(made.load("cifar100").size() == 10000);
  CHECK_THAT(made.complaint("cifar100", Part::kTrain),
             Catch::Contains("the test part") && Catch::Contains("found train"));
}

TEST_CASE("SVHN's first test images are told from others by their checksum") {
  const Made made;
  made.add("svhn/test_first_10000.bin", std::string(std::size_t{10000} * 3073, '\3'));
  CHECK_THAT(made.complaint("svhn"), Catch::Contains("expected sha256 c69ff9ac"));
  made.add("svhn/test_first_10000.bin", "x");
  CHECK_THAT(made.complaint("svhn"), Catch::Contains("expected 30730000 bytes"));
}

TEST_CASE("sets of images published in files are checked for their number and size") {
  const Made made;
  made.add("iSUN/iSUN_patches/0.jpeg", jpeg_of(32, 32, 3, std::string(3072, 'a')));
  CHECK_THAT(made.complaint("isun"), Catch::Contains("expected the 8925 images of isun, found 1"));
  CHECK_THAT(made.complaint("isun", Part::kTrain), Catch::Contains("the only one it has"));
}

/// In idx files that are not packed, which are read under the packed ones' names.
void add_letters(const Made& made, const std::string& kind, const std::string& content) {
  made.add("emnist-letters/letters-50k-" + kind + "-ubyte.gz", content);
}

TEST_CASE("EMNIST's letters count from a") {
  const Made made;
  const std::string count = big_endian_word(50000), side = big_endian_word(28), labels = big_endian_word(0x801) + count;
  add_letters(made, "images-idx3", big_endian_word(0x803) + count + side + side + std::string(50000 * 784, '\7'));
  add_letters(made, "labels-idx1", labels + std::string(50000, '\1'));
  const Dataset data = made.load("emnist-letters", Part::kTrain);
  CHECK(data.labels.max().item<int>() == 0);
  CHECK(data.class_names.front() == "a");
  CHECK(data.class_names.size() == 26);
  for (const auto& [label, found] : {std::pair{'\0', "the least of them 0"}, {'\33', "found 26 at record 0"}}) {
    add_letters(made, "labels-idx1", labels + std::string(50000, label));
    CHECK_THAT(made.complaint("emnist-letters", Part::kTrain), Catch::Contains(found));
  }
}

TEST_CASE("archives of Omniglot with damaged, odd or missing drawings are refused") {
  const Made made;
  const std::string small1 = "omniglot/images_background_small1.zip", sound = flat_png(105, 105, "a");
  made.add("omniglot/images_background_small2.zip", zip_of({{"set/Greek/c1/1.png", sound}}));
  for (const auto& [content, why] :
       {std::pair{sound, std::string("expected 4840 different images in both archives, found 2")},
        {flat_png(104, 105, "a"), "found 104 x 105"},
        {flat_png(105, 105, "abc"), "found colours"},
        {sound.substr(0, 80), "damaged"}}) {
    made.add(small1, zip_of({{"set/", ""}, {"set/Latin/c1/1.png", content}, {"set/readme.txt", "x"}}));
    CHECK_THAT(made.complaint("omniglot"), Catch::Contains(why));
  }
  made.add(small1, "x");
  CHECK_THAT(made.complaint("omniglot"), Catch::Contains("expected a zip archive of Omniglot"));
}

/// By the definition: means over fine points, which divide both sizes.
double plain_mean(const std::vector<std::uint8_t>& pixels, std::size_t from, std::size_t to, std::size_t y,
                  std::size_t x) {
  double sum = 0;
  for (std::size_t v = y * from; v < (y + 1) * from; ++v) {
    for (std::size_t u = x * from; u < (x + 1) * from; ++u) sum += pixels[v / to * from + u / to];
  }
  return sum / static_cast<double>(from * from);
}

TEST_CASE("an image made smaller has the mean of what each pixel covers") {
  RandomStream random(Seed(3));
  for (const auto& [from, to] : {std::pair<std::size_t, std::size_t>{7, 3}, {12, 4}, {5, 5}, {9, 1}}) {
    std::vector<std::uint8_t> pixels;
    for (std::size_t i = 0; i < from * from; ++i) pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
    const std::vector<std::uint8_t> resized = area_resized(pixels, from, to);
    REQUIRE(resized.size() == to * to);
    for (std::size_t i = 0; i < resized.size(); ++i) {
      CHECK(std::abs(resized[i] - plain_mean(pixels, from, to, i / to, i % to)) <= 0.5);
    }
    if (from == to) CHECK(resized == pixels);
  }
}

/// Says `SKIPPED` where the shared data are not there.
bool absent() {
  const bool none = std::getenv("DEEPMINE_SHARED") == nullptr || std::getenv("DEEPMINE_DATA") == nullptr;
  if (none) WARN("SKIPPED: no DEEPMINE_SHARED and DEEPMINE_DATA");
  return none;
}

TEST_CASE("CIFAR-100 has its classes, and Omniglot at its own size is as another program reads it") {
  if (absent()) return;
  const DataFolders folders;
  const Dataset cifar = load_dataset("cifar100", Part::kTest, folders);
  CHECK(cifar.class_names[0] == "apple");
  CHECK(cifar.labels.bincount({}, 100).eq(100).all().item<bool>());
  CHECK(load_dataset("omniglot:size=105", Part::kTest, folders).sha256.rfind("49e3d2a4d19fd47f", 0) == 0);
}

TEST_CASE("the images of a set in a folder are those of the folder, the grey ones repeated") {
  if (absent()) return;
  const fs::path folder = fs::path(std::getenv("DEEPMINE_DATA")) / "Imagenet_resize";
  const Dataset named = load_dataset("tiny-imagenet-resize", Part::kTest, DataFolders());
  const Dataset found = load_dataset("image-folder:dir=" + folder.string(), Part::kTest, DataFolders());
  CHECK(found.sha256 == named.sha256);
  const torch::Tensor red = named.images.select(1, 0), green = named.images.select(1, 1),
                      blue = named.images.select(1, 2);
  const torch::Tensor grey = ((red == green) & (green == blue)).flatten(1).all(1);
  CHECK(grey.sum().item<int>() >= 189);
}

}  // namespace
}  // namespace deepmine
