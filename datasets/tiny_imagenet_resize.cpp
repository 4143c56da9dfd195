#include "framework/data/image_folder.h"

namespace deepmine {
namespace {

/// Test images of TinyImageNet, resized to 32 x 32, as a set of outliers (Liang et al. 2018, ODIN). 189 of them are
/// grey.
class TinyImagenetResize : public DatasetLoader {
 public:
  using Options = NoOptions;
  explicit TinyImagenetResize(Options) {}

  Dataset load(Part part, const DataFolders& folders) const override {
    return read_published_images("tiny-imagenet-resize", part,
                                 folders.find("tiny-imagenet-resize", {"Imagenet_resize"}), 10000);
  }
};

DEEPMINE_DATASET(TinyImagenetResize, "tiny-imagenet-resize",
                 "TinyImageNet (resize) of ODIN, 32 x 32 RGB, 10,000 test, no labels");

}  // namespace
}  // namespace deepmine
