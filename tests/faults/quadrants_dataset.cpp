// A dataset of the test program only, so that a training takes seconds: see tests/CMakeLists.txt.
#include "framework/model/model_file.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

class Quadrants : public DatasetLoader {
 public:
  using Options = NoOptions;
  explicit Quadrants(Options) {}

  Dataset load(Part part, const DataFolders&) const override {
    Dataset data = part == Part::kTrain ? quadrants(256, 7) : quadrants(64, 8);
    data.part = part;
    data.sha256 = content_sha256(data);
    return data;
  }
};

DEEPMINE_DATASET(Quadrants, "quadrants", "grey images 8 x 8 with one bright quadrant, 256 train and 64 test");

}  // namespace
}  // namespace deepmine
