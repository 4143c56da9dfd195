#include <catch2/catch.hpp>
#include <zlib.h>

#include <cstdlib>
#include <map>
#include <set>

#include "framework/core/file.h"
#include "framework/data/dataset.h"
#include "framework/data/idx.h"
#include "tests/support/error_text.h"
#include "tests/support/image_files.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
  return bytes;
}

void write_gzip(const fs::path& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb1");
  REQUIRE(file != nullptr);
  REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) ==
          static_cast<int>(bytes.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

std::string images(std::uint32_t count, std::uint32_t size = 28) {
  return big_endian(0x803) + big_endian(count) + big_endian(size) + big_endian(size) +
         std::string(std::size_t{count} * size * size, '\7');
}

std::string labels(std::uint32_t count, char label = 3) {
  return big_endian(0x801) + big_endian(count) + std::string(count, label);
}

/// A data folder with an MNIST test part made of the given files.
class FakeMnist {
 public:
  FakeMnist(const std::string& image_bytes, const std::string& label_bytes) {
    fs::create_directories(folder_ / "mnist");
    write_gzip(folder_ / "mnist/t10k-images-idx3-ubyte.gz", image_bytes);
    write_gzip(folder_ / "mnist/t10k-labels-idx1-ubyte.gz", label_bytes);
  }
  Dataset load() const { return load_dataset("mnist", Part::kTest, DataFolders(folder_.path())); }
  fs::path file(const char* name) const { return folder_ / "mnist" / name; }

 private:
  TemporaryFolder folder_;
};

TEST_CASE("an idx dataset that was unpacked is read, under its name or that of the packed one") {
  const FakeMnist data(images(10000), labels(10000));
  const std::string sha256 = data.load().sha256;
  write_file(data.file("t10k-labels-idx1-ubyte.gz"), labels(10000));
  fs::remove(data.file("t10k-images-idx3-ubyte.gz"));
  write_file(data.file("t10k-images-idx3-ubyte"), images(10000));
  CHECK(data.load().sha256 == sha256);
  fs::remove(data.file("t10k-images-idx3-ubyte"));
  CHECK(error_text([&] { data.load(); }).find("t10k-images-idx3-ubyte.gz") != std::string::npos);
}

TEST_CASE("an idx dataset is read as it stands") {
  const Dataset data = FakeMnist(images(10000), labels(10000)).load();
  CHECK(data.size() == 10000);
  CHECK(data.images.sizes() == at::IntArrayRef({10000, 1, 28, 28}));
  CHECK(data.labels[9999].item<std::int64_t>() == 3);
  CHECK(data.pixels(5, 6)[0][0][0][0].item<float>() == 7.0F / 255.0F);
}

TEST_CASE("truncated, oversized, mislabelled and mistaken files are named, with what was expected") {
  const auto complaint = [](const std::string& image_bytes, const std::string& label_bytes) {
    const FakeMnist data(image_bytes, label_bytes);
    return error_text([&] { data.load(); });
  };
  const std::string good = images(10000);
  CHECK_THAT(complaint(good.substr(0, 5000), labels(10000)), Catch::Contains("t10k-images") &&
             Catch::Contains("expected 10000 x 28 x 28"));
  CHECK_THAT(complaint(good + "x", labels(10000)), Catch::Contains("found 7840001"));
  CHECK_THAT(complaint(images(9999), labels(10000)), Catch::Contains("expected 10000 images"));
  CHECK_THAT(complaint(images(10000, 27), labels(10000)), Catch::Contains("27 x 27"));
  CHECK_THAT(complaint(good, labels(9999)), Catch::Contains("expected 10000 labels, found 9999"));
  CHECK_THAT(complaint(good, labels(10000, 11)), Catch::Contains("expected labels 0 to 9, found 11"));
  CHECK_THAT(complaint(labels(10000), labels(10000)), Catch::Contains("magic number"));
  CHECK_THAT(complaint("", labels(10000)), Catch::Contains("0 bytes"));
  const std::string lie = big_endian(0x803) + big_endian(0xffffffff) + big_endian(0xffffffff) +
                          big_endian(28);
  CHECK_THAT(complaint(lie, labels(10000)), Catch::Contains("impossible"));
  // A tenth of a megabyte that unpacks to 100: more than any file of this format that we know.
  CHECK_THAT(complaint(std::string(100'000'000, '\0'), labels(10000)), Catch::Contains("at most 67108864 bytes"));
}

TEST_CASE("a damaged gzip stream is named") {
  const FakeMnist data(images(10000), labels(10000));
  const fs::path file = data.file("t10k-images-idx3-ubyte.gz");
  const std::string bytes = read_file(file);
  write_file(file, bytes.substr(0, bytes.size() - 20));
  CHECK_THAT(error_text([&] { data.load(); }), Catch::Contains("t10k-images"));
}

TEST_CASE("absent data says where it was looked for and how to get it") {
  const TemporaryFolder empty;
  const DataFolders folders(empty.path());
  const std::string text = error_text([&] { folders.find("no-such-set", {"no-such-set"}); });
  CHECK_THAT(text, Catch::Contains(empty.path().string()) && Catch::Contains("--data") &&
                       Catch::Contains("fetch.sh"));
}

TEST_CASE("a data folder that the user names must exist") {
  CHECK_THAT(error_text([] { DataFolders("/nowhere"); }),
             Catch::Contains("/nowhere") && Catch::Contains("--data"));
}

TEST_CASE("CIFAR-10 files of the wrong size, label or checksum are refused") {
  const TemporaryFolder folder;
  const fs::path batches = folder / "cifar-10-batches-bin";
  fs::create_directories(batches);
  const auto complaint = [&](const std::string& bytes) {
    write_file(batches / "test_batch.bin", bytes);
    return error_text([&] { load_dataset("cifar10", Part::kTest, DataFolders(folder.path())); });
  };
  const std::string good(std::size_t{10000} * 3073, '\1');
  CHECK_THAT(complaint(good.substr(1)), Catch::Contains("expected 30730000 bytes") &&
                                            Catch::Contains("found 30729999"));
  std::string mislabelled = good;
  mislabelled[3073 * 4] = 10;
  CHECK_THAT(complaint(mislabelled), Catch::Contains("found 10 at record 4"));
  write_file(batches / "SHA256SUMS", sha256(good) + "  test_batch.bin\n");
  std::string flipped = good;
  flipped[12345] = 2;
  CHECK_THAT(complaint(flipped), Catch::Contains("expected sha256") && Catch::Contains(sha256(good)));
  write_file(batches / "test_batch.bin", good);
  CHECK(load_dataset("cifar10", Part::kTest, DataFolders(folder.path())).size() == 10000);
  write_file(batches / "SHA256SUMS", sha256(flipped) + " *test_batch.bin\r\n");
  CHECK_THAT(complaint(good), Catch::Contains("expected sha256"));
  fs::remove(batches / "SHA256SUMS");
  fs::create_symlink("/dev/zero", batches / "SHA256SUMS");
  CHECK_THAT(complaint(good), Catch::Contains("SHA256SUMS") && Catch::Contains("found a device"));
}

TEST_CASE("a CIFAR-10 file that is far too long is not read") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "cifar-10-batches-bin");
  const fs::path batch = folder / "cifar-10-batches-bin/test_batch.bin";
  write_file(batch, "x");
  fs::resize_file(batch, std::uintmax_t{1} << 40);
  CHECK_THAT(error_text([&] { load_dataset("cifar10", Part::kTest, DataFolders(folder.path())); }),
             Catch::Contains("expected 30730000 bytes") && Catch::Contains("found 1099511627776"));
}

/// A spec of a registered dataset that can be loaded and is small; `images` is a folder of images.
std::string loadable(const std::string& name, const fs::path& images) {
  if (name == "image-folder") return "image-folder:classes=true,dir=" + images.string();
  const bool sized = Registry<DatasetLoader>::instance().describe(name).has_option("n");
  return sized ? name + ":n=40" : name;
}

void check_labels_of(const Dataset& data) {
  const auto classes = static_cast<std::int64_t>(data.class_names.size());
  CHECK(data.labelled() == (classes > 0));
  if (!data.labelled()) return;
  CHECK(data.labels.scalar_type() == torch::kInt64);
  REQUIRE(data.labels.size(0) == data.size());
  CHECK(data.labels.bincount({}, classes).min().item<std::int64_t>() >= data.size() / (2 * classes));
  CHECK(std::set<std::string>(data.class_names.begin(), data.class_names.end()).size() == data.class_names.size());
}

/// The first digits of checksums, as another program reads the files; it reads no JPEG.
const std::map<std::string, std::string> kKnown{{"svhn", "68754ae6671a843d"},
                                                {"omniglot", "bbf3587b761444c6"},
                                                {"emnist-letters", "9b147c1198a7e521"}};

void check_checksum(const Dataset& data, const std::string& spec) {
  CHECK(data.sha256 == content_sha256(data));
  const auto known = kKnown.find(spec);
  if (known != kKnown.end()) CHECK(data.sha256.rfind(known->second, 0) == 0);
  // The others have no options that could be lost.
  if (data.name != spec) CHECK(load_dataset(data.name, data.part, DataFolders()).sha256 == data.sha256);
}

/// What holds for whatever a loader gives.
void check_dataset(const std::string& spec, Part part) {
  const Dataset data = load_dataset(spec, part, DataFolders());
  CHECK(data.images.dim() == 4);
  CHECK(data.images.scalar_type() == torch::kUInt8);
  CHECK(data.images.is_contiguous());
  CHECK((data.images.min() < data.images.max()).item<bool>());
  CHECK(data.part == part);
  CHECK(data.name == Registry<DatasetLoader>::instance().canonical(Spec::parse(spec)));
  check_labels_of(data);
  check_checksum(data, spec);
}

TEST_CASE("every registered dataset, where present, is as the framework expects, and the same again by its full name") {
  const TemporaryFolder images;
  for (const char* file : {"train/a/1.png", "train/b/2.png", "test/a/1.png", "test/b/1.png"}) {
    fs::create_directories((images / file).parent_path());
    write_file(images / file, png_of({2, 1}, std::string("\0ab", 3)));
  }
  for (const std::string& name : Registry<DatasetLoader>::instance().names()) {
    int parts = 0;
    for (const Part part : {Part::kTrain, Part::kTest}) {
      INFO(name << " " << name_of(part));
      try {
        check_dataset(loadable(name, images.path()), part);
        ++parts;
      } catch (const Error& error) {
        if (std::string_view(error.what()).find("the only one it has") == std::string_view::npos) {
          WARN("SKIPPED: " << error.what());
          parts = 2;
        }
      }
    }
    INFO(name);
    CHECK(parts > 0);
  }
}

TEST_CASE("labels and none, and other shapes of the same bytes without labels, have different checksums") {
  const torch::Tensor images = torch::arange(16, torch::kUInt8).view({4, 1, 2, 2});
  const Dataset labelled{"x", Part::kTest, images, torch::zeros({4}, torch::kInt64), {"a"}, {}};
  const Dataset unlabelled{"x", Part::kTest, images, {}, {}, {}};
  const Dataset flat{"x", Part::kTest, images.view({4, 1, 1, 4}), {}, {}, {}};
  CHECK(labelled.labelled());
  CHECK_FALSE(unlabelled.labelled());
  CHECK(std::set<std::string>{content_sha256(labelled), content_sha256(unlabelled), content_sha256(flat)}.size() == 3);
}

TEST_CASE("what needs labels says so of a dataset without") {
  const DataFolders folders;
  const Dataset data = load_dataset("uniform:n=2,shape=1x2x2", Part::kTest, folders);
  CHECK(error_text([&] { require_labels(data, "train"); }) ==
        "train: expected a dataset with labels, found uniform:n=2,seed=1,shape=1x2x2, which has none; name another");
}

}  // namespace
}  // namespace deepmine
