#include "datasets/noise_images.h"

namespace deepmine {
namespace {

/// Images of noise, each value uniform in [0,1] (Liang et al. 2018, ODIN). differs from it in: values are 256ths of the
/// range, as those of image files, all equally likely.
class Uniform : public DatasetLoader {
 public:
  using Options = NoiseOptions;
  explicit Uniform(Options options) : options_(std::move(options)) {}

  Dataset load(Part part, const DataFolders&) const override {
    ByteChances upto;
    for (std::size_t v = 0; v < upto.size(); ++v) upto[v] = static_cast<double>(v + 1) / 256;
    return draw_noise("uniform", part, options_, upto);
  }

 private:
  Options options_;
};

DEEPMINE_DATASET(Uniform, "uniform", "noise, each value uniform in [0,1], no labels");

}  // namespace
}  // namespace deepmine
