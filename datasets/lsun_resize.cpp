#include "framework/data/image_folder.h"

namespace deepmine {
namespace {

/// LSUN (Yu et al. 2015), resized to 32 x 32, as a set of outliers (Liang et al. 2018, ODIN).
class LsunResize : public DatasetLoader {
 public:
  using Options = NoOptions;
  explicit LsunResize(Options) {}

  Dataset load(Part part, const DataFolders& folders) const override {
    return read_published_images("lsun-resize", part, folders.find("lsun-resize", {"LSUN_resize"}), 10000);
  }
};

DEEPMINE_DATASET(LsunResize, "lsun-resize", "LSUN (resize) of ODIN, 32 x 32 RGB, 10,000 test, no labels");

}  // namespace
}  // namespace deepmine
