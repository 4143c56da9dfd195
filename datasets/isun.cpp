#include "framework/data/image_folder.h"

namespace deepmine {
namespace {

/// iSUN (Xu et al. 2015), patches of 32 x 32, as a set of outliers (Liang et al. 2018, ODIN).
class Isun : public DatasetLoader {
 public:
  using Options = NoOptions;
  explicit Isun(Options) {}

  Dataset load(Part part, const DataFolders& folders) const override {
    return read_published_images("isun", part, folders.find("isun", {"iSUN"}), 8925);
  }
};

DEEPMINE_DATASET(Isun, "isun", "iSUN of ODIN, 32 x 32 RGB, 8,925 test, no labels");

}  // namespace
}  // namespace deepmine
