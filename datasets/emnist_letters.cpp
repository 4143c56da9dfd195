#include "framework/core/error.h"
#include "framework/data/idx.h"

namespace deepmine {
namespace {

constexpr std::int64_t kImages = 50000;

std::vector<std::string> alphabet() {
  std::vector<std::string> names;
  for (char letter = 'a'; letter <= 'z'; ++letter) names.emplace_back(1, letter);
  return names;
}

/// 50,000 of the 124,800 training images of EMNIST's letters (Cohen et al. 2017), upright, capital and small letters in
/// one class. The labels of the files, 1 to 26, become 0 to 25.
class EmnistLetters : public DatasetLoader {
 public:
  using Options = NoOptions;
  explicit EmnistLetters(Options) {}

  bool only_training() const override { return true; }
  Dataset load(Part part, const DataFolders& folders) const override {
    check_part("emnist-letters", part, Part::kTrain);
    const auto folder = folders.find("emnist-letters", {"emnist-letters"});
    const auto images = folder / "letters-50k-images-idx3-ubyte.gz",
               labels = folder / "letters-50k-labels-idx1-ubyte.gz";
    Dataset result{"emnist-letters", part, read_idx(images, 3).unsqueeze(1), read_idx(labels, 1).to(torch::kInt64) - 1,
                   alphabet(),       {}};
    ensure(result.images.sizes() == at::IntArrayRef({kImages, 1, 28, 28}),
           "{}: expected {} images of 28 x 28, found {} of {} x {}", images.string(), kImages, result.size(),
           result.images.size(2), result.images.size(3));
    ensure(result.labels.size(0) == kImages && (result.labels >= 0).all().item<bool>(),
           "{}: expected {} labels from 1 on, found {}, the least of them {}", labels.string(), kImages,
           result.labels.size(0), result.labels.min().item<std::int64_t>() + 1);
    check_labels(result, labels);
    return result;
  }
};

DEEPMINE_DATASET(EmnistLetters, "emnist-letters", "EMNIST letters, 28 x 28 grey, 50,000 of the training images");

}  // namespace
}  // namespace deepmine
