#include "framework/data/idx.h"

namespace deepmine {
namespace {

/// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017) from its official gzip-compressed idx files.
class FashionMnist : public DatasetLoader {
 public:
  using Options = NoOptions;
  explicit FashionMnist(Options) {}

  Dataset load(Part part, const DataFolders& folders) const override {
    const auto folder = folders.find("fashion-mnist", {"fashion-mnist"});
    return read_idx_dataset("fashion-mnist", part, folder, part == Part::kTrain ? 60000 : 10000,
                            {"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
                             "bag", "ankle boot"});
  }
};

DEEPMINE_DATASET(FashionMnist, "fashion-mnist", "Fashion-MNIST, 28 x 28 grey clothes, 60,000 train and 10,000 test");

}  // namespace
}  // namespace deepmine
