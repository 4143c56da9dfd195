#include "framework/data/image_folder.h"

#include "framework/core/error.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

struct ImageFolderOptions {
  std::string dir;
  bool classes = false;
  std::string channels = "auto";

  void describe(Fields& fields) {
    fields.add({"dir", &dir, "",
                "folder of PNG and JPEG images of one size, at any depth, sorted; where it has folders train and test, "
                "these are the parts, else it is the test part; in [...] where it holds a comma. 16 bits are scaled "
                "to 8, transparency, profiles and orientation are ignored",
                "none: it must be given"});
    fields.add({"classes", &classes, "",
                "whether the folders in it are classes, named and sorted by name; else no labels", "ours"});
    fields.add({"channels",
                &channels,
                "",
                "1 (colour becomes its luma) or 3 (grey is repeated); auto: 1 when all images are grey, else 3",
                "ours",
                {},
                {"auto", "1", "3"}});
  }
};

/// Images of the user's.
class ImageFolder : public DatasetLoader {
 public:
  using Options = ImageFolderOptions;
  explicit ImageFolder(Options options) : options_(std::move(options)) {}

  Dataset load(Part part, const DataFolders&) const override {
    const fs::path root = folder();
    const bool parts = is_folder(root / "train") && is_folder(root / "test");
    if (!parts) check_part(root.string() + ", without folders train and test", part, Part::kTest);
    const fs::path images = parts ? root / name_of(part) : root;
    if (!options_.classes) return read_unlabelled(part, images, channels());
    return read_labelled(part, images, class_folders(parts ? root / "train" : root), channels());
  }

 private:
  fs::path folder() const {
    std::string dir = options_.dir;
    if (dir.size() > 2 && dir.front() == '[' && dir.back() == ']') dir = dir.substr(1, dir.size() - 2);
    ensure(!dir.empty(), "image-folder: expected a folder of images, found none named; say image-folder:dir=PATH");
    ensure(is_folder(dir), "image-folder: expected a folder of images, found none at {}; change dir", dir);
    return dir;
  }

  ImageChannels channels() const {
    if (options_.channels == "auto") return ImageChannels::kAsFound;
    return options_.channels == "1" ? ImageChannels::kGrey : ImageChannels::kColour;
  }

  Options options_;
};

DEEPMINE_DATASET(ImageFolder, "image-folder", "a folder of PNG and JPEG images, with labels (classes=true) or without");

}  // namespace
}  // namespace deepmine
