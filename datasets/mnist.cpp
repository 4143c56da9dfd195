#include "framework/data/idx.h"

namespace deepmine {
namespace {

/// MNIST (LeCun, Cortes, Burges) from its official gzip-compressed idx files.
class Mnist : public DatasetLoader {
 public:
  using Options = NoOptions;
  explicit Mnist(Options) {}

  Dataset load(Part part, const DataFolders& folders) const override {
    const auto folder = folders.find("mnist", {"mnist"});
    return read_idx_dataset("mnist", part, folder, part == Part::kTrain ? 60000 : 10000,
                            {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  }
};

DEEPMINE_DATASET(Mnist, "mnist", "MNIST, 28 x 28 grey digits, 60,000 train and 10,000 test");

}  // namespace
}  // namespace deepmine
