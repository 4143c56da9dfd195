#include <cmath>

#include "framework/attack/attack.h"

namespace deepmine {
namespace {

/// The Fast Gradient Sign Method with the smallest epsilon of a grid that works: epsilons k / n of `max-epsilon`
/// are tried from the smallest up; where one of the first 20 works, 20 finer ones below it are tried as well.
///
/// Source: Foolbox 1.8, GradientSignAttack.
/// differs from it in: targets are possible; where no epsilon works, none of a second grid is tried. An image that
/// meets the goal as it is comes back as it is, as there.
class FgsmMinimal : public MinimalDistanceAttack {
 public:
  struct Options : ClipOptions {
    double max_epsilon = 1;
    std::int64_t epsilons = 1000;

    void describe(Fields& fields) {
      fields.add({"max-epsilon", &max_epsilon, "pixel units of [0,1]", "largest epsilon tried", "Foolbox 1.8", {0, 1}});
      fields.add({"epsilons", &epsilons, "", "epsilons tried", "Foolbox 1.8", {1, 100000}});
      ClipOptions::describe(fields);
    }
    static Presets presets() {
      return {{"foolbox", "Foolbox 1.8", {{"max-epsilon", "1"}, {"epsilons", "1000"}}},
              {"relevant-neurons", "relevant-neurons, experiment 2", {{"max-epsilon", "0.3"}, {"epsilons", "1000"}}}};
    }
  };
  explicit FgsmMinimal(Options options) : options_(std::move(options)) {}

  bool clips() const override { return options_.clips(); }

 protected:
  Found search(const Batch& batch) const override {
    constexpr std::int64_t kFine = 20;
    const Slope slope = batch.ascent(batch.images());
    const torch::Tensor direction = slope.gradient.sign();
    Line line{batch, direction, batch.images().clone(), batch.goal().met_by(slope.logits.argmax(1))};
    const auto limit = torch::full({batch.size()}, options_.max_epsilon, torch::kFloat64);
    const torch::Tensor coarse = walk(line, limit, options_.epsilons);
    const torch::Tensor early = rows_where((coarse >= 0) & (coarse < kFine));
    if (early.size(0) > 0) {
      const torch::Tensor reached = grid(limit, coarse.clamp_min(0), options_.epsilons);
      Line finer{batch.only(early), direction.index_select(0, early), line.best.index_select(0, early),
                 torch::zeros({early.size(0)}, torch::kBool)};
      walk(finer, reached.index_select(0, early), kFine);
      line.best.index_copy_(0, early, finer.best);
    }
    return {line.best, line.any};
  }

 private:
  /// Images and the lines they move along.
  struct Line {
    Batch batch;
    torch::Tensor direction, best, any;
  };

  /// The `index`-th of `count` epsilons up to `limit`, float64 [n].
  static torch::Tensor grid(const torch::Tensor& limit, const torch::Tensor& index, std::int64_t count) {
    return limit * (index + 1) / static_cast<double>(count);
  }

  /// Tries epsilons until one works; the index of that one, or -1: int64 [n].
  torch::Tensor walk(Line& line, const torch::Tensor& limit, std::int64_t count) const {
    torch::Tensor index = torch::full({line.batch.size()}, -1, torch::kInt64);
    torch::Tensor rows = rows_where(~line.any);
    Batch active = line.batch.only(rows);
    for (std::int64_t i = 0; i < count && rows.size(0) > 0; ++i) {
      const torch::Tensor step =
          grid(limit.index_select(0, rows), torch::full_like(rows, i), count).to(torch::kFloat32);
      const torch::Tensor x =
          options_.clipped(active.images() + per_image(step) * line.direction.index_select(0, rows));
      const torch::Tensor met = active.met(x);
      const torch::Tensor done = rows_where(met), left = rows_where(~met);
      line.best.index_copy_(0, rows.index_select(0, done), x.index_select(0, done));
      line.any.index_fill_(0, rows.index_select(0, done), true);
      index.index_fill_(0, rows.index_select(0, done), i);
      line.batch.report(static_cast<double>(i + 1) / static_cast<double>(count));
      if (done.size(0) == 0) continue;
      rows = rows.index_select(0, left);
      active = active.only(left);
    }
    return index;
  }

  Options options_;
};

DEEPMINE_ATTACK(FgsmMinimal, "fgsm-minimal", "Fast Gradient Sign Method, smallest epsilon");

}  // namespace
}  // namespace deepmine
