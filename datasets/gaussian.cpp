#include <cmath>

#include "datasets/noise_images.h"

namespace deepmine {
namespace {

struct GaussianOptions : NoiseOptions {
  double mean = 0.5;
  double sd = 1;

  void describe(Fields& fields) {
    NoiseOptions::describe(fields);
    fields.add({"mean",
                &mean,
                "pixel units of [0,1]",
                "of each value, before clipping",
                "Liang et al. 2018 (ODIN)",
                {-1e6, 1e6}});
    fields.add({"sd",
                &sd,
                "pixel units of [0,1]",
                "standard deviation of each value, before clipping",
                "Liang et al. 2018 (ODIN)",
                {0, 1e6, true}});
  }
};

/// Images of noise, each value normal, clipped to [0,1] (Liang et al. 2018, ODIN). differs from it in: values are
/// rounded to 255ths, as those of image files.
class Gaussian : public DatasetLoader {
 public:
  using Options = GaussianOptions;
  explicit Gaussian(Options options) : options_(std::move(options)) {}

  Dataset load(Part part, const DataFolders&) const override {
    ByteChances upto;
    for (std::size_t v = 0; v < upto.size(); ++v) {
      const double deviations = ((static_cast<double>(v) + 0.5) / 255 - options_.mean) / options_.sd;
      upto[v] = std::erfc(-deviations / std::sqrt(2.0)) / 2;  // below the middle between this value and the next
    }
    upto.back() = 1;
    return draw_noise("gaussian", part, options_, upto);
  }

 private:
  Options options_;
};

DEEPMINE_DATASET(Gaussian, "gaussian", "noise, each value normal and clipped to [0,1], no labels");

}  // namespace
}  // namespace deepmine
