#include <algorithm>
#include <map>

#include "datasets/area_resize.h"
#include "framework/core/archive.h"
#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/data/dataset.h"
#include "framework/data/image.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

constexpr ImageSize kPublished{105, 105};
constexpr std::size_t kImages = 4840;  // 242 characters, each drawn by 20 people
constexpr ArchiveLimits kLimits{10000, std::size_t{1} << 16, std::size_t{1} << 24};

/// The images of an archive, by what stands below its own folder: "Greek/character01/0394_01.png".
using Drawings = std::map<std::string, std::vector<std::uint8_t>>;

void add_drawings(const fs::path& file, Drawings& drawings) {
  ArchiveReader archive(file, "a zip archive of Omniglot", kLimits);
  for (std::size_t i = 0; i < archive.members().size(); ++i) {
    throw_if_interrupted();
    const std::string& member = archive.members()[i];
    if (fs::path(member).extension() != ".png") continue;
    Image image = decode_image(archive.content(i), file.string() + ": " + member, kPublished);
    ensure(image.channels == 1, "{}: {}: expected a grey image, found colours", file.string(), member);
    drawings[member.substr(member.find('/') + 1)] = std::move(image.pixels);
  }
}

struct OmniglotOptions {
  std::int64_t size = 28;

  void describe(Fields& fields) {
    fields.add({"size",
                &size,
                "pixels",
                "height and width, by the mean of the area that a pixel covers; published at 105",
                "ours, for networks of MNIST",
                {1, 105}});
  }
};

/// The handwritten characters of Omniglot's small background sets 1 and 2 (Lake et al. 2015), 8 alphabets; black on
/// white as published, unlike MNIST. What is in both sets counts once. The classes are the characters.
class Omniglot : public DatasetLoader {
 public:
  using Options = OmniglotOptions;
  explicit Omniglot(Options options) : size_(options.size) {}

  Dataset load(Part part, const DataFolders& folders) const override {
    check_part("omniglot", part, Part::kTest);
    const fs::path folder = folders.find("omniglot", {"omniglot"});
    Drawings drawings;
    for (const char* set : {"small1", "small2"})
      add_drawings(folder / fmt::format("images_background_{}.zip", set), drawings);
    ensure(drawings.size() == kImages, "{}: expected {} different images in both archives, found {}; fetch them again",
           folder.string(), kImages, drawings.size());
    return dataset_of(drawings, part);
  }

 private:
  Dataset dataset_of(const Drawings& drawings, Part part) const {
    const auto count = static_cast<std::int64_t>(drawings.size());
    Dataset result{
        "omniglot", part, torch::empty({count, 1, size_, size_}, torch::kUInt8), torch::empty({count}, torch::kInt64),
        {},         {}};
    auto* image = result.images.data_ptr<std::uint8_t>();
    auto* label = result.labels.data_ptr<std::int64_t>();
    for (const auto& [name, pixels] : drawings) {
      const std::string character = name.substr(0, name.rfind('/'));
      if (result.class_names.empty() || result.class_names.back() != character) result.class_names.push_back(character);
      *label++ = static_cast<std::int64_t>(result.class_names.size()) - 1;
      const auto resized = area_resized(pixels, kPublished.height, static_cast<std::size_t>(size_));
      image = std::copy(resized.begin(), resized.end(), image);
    }
    return result;
  }

  std::int64_t size_;
};

DEEPMINE_DATASET(Omniglot, "omniglot", "Omniglot, 8 alphabets, grey, black on white, 4,840 test");

}  // namespace
}  // namespace deepmine
