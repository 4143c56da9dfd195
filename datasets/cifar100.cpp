#include <sstream>

#include "datasets/cifar_records.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/data/dataset.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kClasses = 100;

std::vector<std::string> read_names(const fs::path& file) {
  constexpr std::size_t kLargestList = std::size_t{1} << 16;
  std::istringstream text(read_file(file, kLargestList));
  std::vector<std::string> names;
  for (std::string name; text >> name;) names.push_back(name);
  ensure(names.size() == kClasses, "{}: expected the names of {} classes, found {}; fetch it again", file.string(),
         kClasses, names.size());
  return names;
}

/// CIFAR-100 (Krizhevsky 2009) with its fine labels: the official binary files in cifar-100-binary, or the test images
/// with a byte of label in cifar-100/test_fine.bin.
class Cifar100 : public DatasetLoader {
 public:
  using Options = NoOptions;
  explicit Cifar100(Options) {}

  Dataset load(Part part, const DataFolders& folders) const override {
    const fs::path folder = folders.find("cifar100", {"cifar-100-binary", "cifar-100"});
    const bool official = folder.filename() == "cifar-100-binary";
    if (!official) check_part("cifar100, as it lies in " + folder.string(), part, Part::kTest);
    const fs::path file = folder / (official ? std::string(name_of(part)) + ".bin" : "test_fine.bin");
    const CifarForm form{official ? 2 : 1, kClasses};
    CifarRecords records = read_cifar(file, part == Part::kTrain ? 50000 : 10000, form, listed_checksum(file));
    return {"cifar100",
            part,
            std::move(records.images),
            std::move(records.labels),
            read_names(folder / "fine_label_names.txt"),
            {}};
  }
};

DEEPMINE_DATASET(Cifar100, "cifar100", "CIFAR-100, fine labels, 32 x 32 RGB, 50,000 train and 10,000 test");

}  // namespace
}  // namespace deepmine
