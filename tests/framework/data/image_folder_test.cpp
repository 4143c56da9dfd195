#include "framework/data/image_folder.h"

#include <catch2/catch.hpp>

#include "framework/core/file.h"
#include "tests/support/error_text.h"
#include "tests/support/image_files.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

/// A folder of images that are made as they are named.
class Folder {
 public:
  const fs::path& path() const { return folder_.path(); }
  fs::path add(const std::string& name, const std::string& content = flat_png(2, 3, "a")) const {
    const fs::path file = folder_ / name;
    fs::create_directories(file.parent_path());
    write_file(file, content);
    return file;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const fs::path& file : image_files(path())) names.push_back(file.lexically_relative(path()).string());
    return names;
  }

 private:
  TemporaryFolder folder_;
};

TEST_CASE("the images of a folder come sorted by folder and name, whatever else lies there") {
  const Folder folder;
  for (const char* name : {"2.jpg", "10.JPEG", "b/1.png", "b/a/0.png", "b-c/0.png", "a.PNG"}) folder.add(name);
  for (const char* name : {".hidden.png", "._2.jpg", ".cache/3.png", "readme.txt", "Thumbs.db", "labels"})
    folder.add(name);
  const std::vector<std::string> sorted{"10.JPEG", "2.jpg", "a.PNG", "b/1.png", "b-c/0.png", "b/a/0.png"};
  CHECK(folder.files() == sorted);
}

TEST_CASE("folders without images, with images of other kinds or that go round are refused") {
  const Folder folder;
  const auto complaint = [&] { return error_text([&] { image_files(folder.path()); }); };
  CHECK_THAT(complaint(), Catch::Contains("expected images") && Catch::Contains(folder.path().string()));
  folder.add("a.png");
  const fs::path bitmap = folder.add("b/b.BMP");
  CHECK_THAT(complaint(), Catch::StartsWith(bitmap.string() + ": expected PNG or JPEG images, found .bmp"));
  fs::remove(bitmap);
  fs::create_directory_symlink(folder.path(), folder.path() / "b/round");
  CHECK_THAT(complaint(), Catch::Contains("does a link lead back?"));
  CHECK_THAT(error_text([&] { image_files(folder.path() / "nowhere"); }), Catch::Contains("No such file"));
}

TEST_CASE("links to folders and files are followed") {
  const Folder there, folder;
  const fs::path file = there.add("a/1.png");
  fs::create_directory_symlink(there.path() / "a", folder.path() / "linked");
  fs::create_symlink(file, folder.path() / "2.png");
  CHECK(folder.files() == std::vector<std::string>{"2.png", "linked/1.png"});
}

TEST_CASE("grey images stay grey until one has colours, unless told otherwise") {
  const Folder folder;
  folder.add("1.png", flat_png(2, 3, "a"));
  const auto read = [&](ImageChannels channels) {
    return read_unlabelled(Part::kTest, folder.path(), channels).images;
  };
  CHECK(read(ImageChannels::kAsFound).sizes() == at::IntArrayRef({1, 1, 2, 3}));
  folder.add("2.png", flat_png(2, 3, "\x0a\xc8\x1e"));
  const torch::Tensor colours = read(ImageChannels::kAsFound);
  CHECK(colours.sizes() == at::IntArrayRef({2, 3, 2, 3}));
  CHECK((colours[0] == 'a').all().item<bool>());
  for (const auto& [channel, value] : {std::pair{0, 0x0a}, {1, 0xc8}, {2, 0x1e}}) {
    CHECK((colours[1][channel] == value).all().item<bool>());
  }
  CHECK(torch::equal(read(ImageChannels::kColour), colours));
  const torch::Tensor grey = read(ImageChannels::kGrey);
  CHECK(grey.sizes() == at::IntArrayRef({2, 1, 2, 3}));
  CHECK((grey[0] == 'a').all().item<bool>());
  CHECK((grey[1] == 124).all().item<bool>());  // 0.299 * 10 + 0.587 * 200 + 0.114 * 30 = 123.8
  folder.add("0.png", flat_png(2, 3, "\x0a\xc8\x1e"));
  CHECK(torch::equal(read(ImageChannels::kAsFound).slice(0, 1), colours));
}

TEST_CASE("an image of another size and a damaged one are named") {
  const Folder folder;
  folder.add("1.png");
  const fs::path odd = folder.add("2.jpg", jpeg_of(3, 2, 1, "abcdef"));
  const auto complaint = [&] {
    return error_text([&] { read_unlabelled(Part::kTest, folder.path(), ImageChannels::kAsFound); });
  };
  CHECK_THAT(complaint(),
             Catch::StartsWith(odd.string() + ": expected an image of 2 x 3") && Catch::Contains("found 3 x 2"));
  folder.add("2.jpg", jpeg_of(2, 3, 1, "abcdef").substr(0, 150));
  CHECK_THAT(complaint(), Catch::StartsWith(odd.string() + ": expected a whole JPEG image"));
  write_file(odd, "");
  CHECK_THAT(complaint(), Catch::Contains("found an empty file"));
}

TEST_CASE("folders that are classes give the labels") {
  const Folder folder;
  for (const char* name : {"cat/1.png", "cat/more/0.png", "ant/9.png", "dog/1.png"}) folder.add(name);
  const std::vector<std::string> classes = class_folders(folder.path());
  CHECK(classes == std::vector<std::string>{"ant", "cat", "dog"});
  const auto read = [&](const std::vector<std::string>& known) {
    return read_labelled(Part::kTest, folder.path(), known, ImageChannels::kAsFound);
  };
  CHECK(torch::equal(read(classes).labels, torch::tensor({0, 1, 1, 2}, torch::kInt64)));
  CHECK(torch::equal(read({"dog", "eel", "cat", "ant"}).labels, torch::tensor({3, 2, 2, 0}, torch::kInt64)));
  CHECK_THAT(error_text([&] { read({"ant", "cat"}); }), Catch::Contains("found \"dog\""));
  fs::create_directory(folder.path() / "eel");
  CHECK_THAT(error_text([&] { read(class_folders(folder.path())); }), Catch::Contains("eel: expected images"));
  fs::remove(folder.path() / "eel");
  const fs::path beside = folder.add("1.png");
  CHECK_THAT(error_text([&] { class_folders(folder.path()); }), Catch::StartsWith(beside.string()));
}

TEST_CASE("a folder without folders has no classes") {
  const Folder folder;
  CHECK_THAT(error_text([&] { class_folders(folder.path()); }), Catch::Contains("expected a folder for each class"));
}

}  // namespace
}  // namespace deepmine
