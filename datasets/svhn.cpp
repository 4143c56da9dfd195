#include "datasets/cifar_records.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/data/dataset.h"

namespace deepmine {
namespace {

constexpr std::string_view kSha256 = "c69ff9acdeb3485293b9f5d414cdd999258d720aa4f5bf6abb4d8f0c3461eecb";

/// The first 10,000 of the 26,032 test images of SVHN's cropped digits (Netzer et al. 2011), in the official order. The
/// label is the digit: 0 is 0, where the official files say 10.
class Svhn : public DatasetLoader {
 public:
  using Options = NoOptions;
  explicit Svhn(Options) {}

  Dataset load(Part part, const DataFolders& folders) const override {
    check_part("svhn", part, Part::kTest);
    const auto file = folders.find("svhn", {"svhn/test_first_10000.bin"});
    CifarRecords records = read_cifar(file, 10000, {}, {});
    const std::string found = sha256_of_file(file);
    ensure(found == kSha256, "{}: expected sha256 {}, that of the first 10,000 test images, found {}; make it again",
           file.string(), kSha256, found);
    return {"svhn",
            part,
            std::move(records.images),
            std::move(records.labels),
            {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
            {}};
  }
};

DEEPMINE_DATASET(Svhn, "svhn", "SVHN, cropped digits, 32 x 32 RGB, the first 10,000 of the test images");

}  // namespace
}  // namespace deepmine
