#include <algorithm>
#include <cmath>

#include "framework/attack/attack.h"

namespace deepmine {
namespace {

torch::Tensor length_of(const torch::Tensor& images) { return per_image(images.flatten(1).norm(2, 1)); }

/// Projected Gradient Descent: from a random place within epsilon, steps up the cross-entropy, brought back to
/// within epsilon after each; in L-infinity along the sign of the gradient, in L2 along the gradient itself.
///
/// Source: Madry et al. 2018, section 2.1 and its CIFAR-10 challenge.
/// differs from it in: clips to [0,1] unless clip=none; one start; an image's start is drawn from the seed and its
/// pixels, so that it does not depend on its batch.
class Pgd : public FixedEpsilonAttack {
 public:
  struct Options : ClipOptions {
    static constexpr double kLargest = 1000;
    double epsilon = 8.0 / 255;
    double step = 2.0 / 255;
    std::int64_t steps = 20;
    std::string norm = "linf";
    bool start = true;
    std::int64_t seed = 0;

    void describe(Fields& fields) {
      const char* const source = "Madry et al. 2018, CIFAR-10";
      fields.add({"epsilon", &epsilon, "pixel units of [0,1]", "largest change, in the norm", source, {0, kLargest}});
      fields.add({"step", &step, "pixel units of [0,1]", "change per step, in the norm; unless given, 2.5 epsilon / "
                  "steps with another epsilon, norm or number of steps", source, {0, kLargest}});
      fields.add({"steps", &steps, "steps", "number of steps", source, {1, 100000}});
      fields.add({"norm", &norm, "", "norm of the change", "Madry et al. 2018", {}, {"linf", "l2"}});
      fields.add({"start", &start, "", "start at random within epsilon, not at the image", "Madry et al. 2018"});
      fields.add({"seed", &seed, "", "seed of the starts", "ours", {0, 1e15}});
      ClipOptions::describe(fields);
    }
    /// The paper names a step for its own setting only; for others its authors' library has 2.5 epsilon / steps.
    void complete(const std::map<std::string, std::string>& given) {
      const Options paper;
      const bool as_in_paper = epsilon == paper.epsilon && steps == paper.steps && norm == paper.norm;
      if (given.count("step") == 0 && !as_in_paper) {
        step = std::min(kLargest, 2.5 * epsilon / static_cast<double>(steps));
      }
    }
    static Presets presets() {
      return {
          {"madry-cifar",
           "CIFAR-10 challenge",
           {{"epsilon", "0.03137254901960784"}, {"step", "0.00784313725490196"}, {"steps", "20"}}},
          {"madry-mnist", "MNIST challenge", {{"epsilon", "0.3"}, {"step", "0.01"}, {"steps", "40"}}},
          {"cleverhans", "CleverHans 3.1", {{"epsilon", "0.3"}, {"step", "0.05"}, {"steps", "10"}, {"clip", "none"}}}};
    }
  };
  explicit Pgd(Options options) : options_(std::move(options)) {}

  bool clips() const override { return options_.clips(); }
  std::optional<Budget> budget(std::int64_t) const override {
    return Budget{options_.norm == "l2" ? Norm::kL2 : Norm::kLinf, options_.epsilon};
  }
  std::optional<double> reach(std::int64_t) const override {
    return options_.step * static_cast<double>(options_.steps);
  }

 protected:
  Perturbed perturb(const Batch& batch) const override {
    torch::Tensor x = options_.start ? start(batch) : batch.images();
    for (std::int64_t i = 0; i < options_.steps; ++i) {
      x = projected(x + options_.step * direction(batch.ascent(x).gradient), batch.images());
      batch.report(static_cast<double>(i + 1) / static_cast<double>(options_.steps));
    }
    return x;
  }

 private:
  bool l2() const { return options_.norm == "l2"; }

  /// Steepest ascent under the norm; no direction where the gradient is 0.
  torch::Tensor direction(const torch::Tensor& gradient) const {
    if (!l2()) return gradient.sign();
    const torch::Tensor length = length_of(gradient);
    return torch::where(length > 0, gradient / length, torch::zeros_like(gradient));
  }

  torch::Tensor projected(const torch::Tensor& x, const torch::Tensor& clean) const {
    const torch::Tensor change = x - clean;
    if (!l2()) return options_.clipped(clean + change.clamp(-options_.epsilon, options_.epsilon));
    const torch::Tensor length = length_of(change);
    const torch::Tensor inside = change * (options_.epsilon / length);
    return options_.clipped(torch::where(length > options_.epsilon, clean + inside, x));
  }

  /// Evenly from the box, or from the ball.
  torch::Tensor start(const Batch& batch) const {
    torch::Tensor change = torch::empty_like(batch.images(), at::MemoryFormat::Contiguous);
    const Seed seed = Seed(static_cast<std::uint64_t>(options_.seed)).child("pgd");
    for (std::int64_t row = 0; row < batch.size(); ++row) {
      RandomStream random = batch.random(row, seed);
      if (l2()) {
        fill_ball(change[row], random);
      } else {
        fill_uniform(change[row], options_.epsilon, random);
      }
    }
    return options_.clipped(batch.images() + change);
  }

  /// A normal direction, and a radius as the volume grows with it.
  void fill_ball(torch::Tensor image, RandomStream& random) const {
    const double radius = options_.epsilon * std::pow(random.uniform(), 1 / static_cast<double>(image.numel()));
    fill_normal(image, 1, random);
    image.mul_(radius / image.norm().item<double>());
  }

  Options options_;
};

DEEPMINE_ATTACK(Pgd, "pgd", "Projected Gradient Descent from a random start");

}  // namespace
}  // namespace deepmine
