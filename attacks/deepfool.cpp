#include "framework/attack/attack.h"

namespace deepmine {
namespace {

torch::Tensor inner_product(const torch::Tensor& a, const torch::Tensor& b) { return (a * b).flatten(1).sum(1); }

/// DeepFool in L2: steps to the nearest boundary of the linearised classifier until the class changes.
///
/// Source: Moosavi-Dezfooli, Fawzi, Frossard 2016, algorithm 2, as the authors' code carries it out: the class is
/// looked at, and the classifier linearised, at the point that includes the overshoot.
/// differs from it in: clips to [0,1] after every step unless clip=none; a step is at least 1e-4 long, lest rounding
/// swallow it before the class changes, where theirs is lengthened by 1e-4; towards a target, the only boundary is the
/// one between the target and the highest other class.
class DeepFool : public MinimalDistanceAttack {
 public:
  struct Options : ClipOptions {
    std::int64_t steps = 50;
    double overshoot = 0.02;
    std::int64_t candidates = 10;

    void describe(Fields& fields) {
      const char* const source = "Moosavi-Dezfooli et al. 2016";
      fields.add({"steps", &steps, "steps", "most steps", source, {1, 100000}});
      fields.add({"overshoot", &overshoot, "", "share by which the change is lengthened", source, {0, 100}});
      fields.add({"candidates", &candidates, "classes", "highest classes of the clean image looked at, its own among "
                  "them", source, {2, 100000}});
      ClipOptions::describe(fields);
    }
    static Presets presets() {
      return {{"cleverhans", "CleverHans 2.1", {{"steps", "50"}, {"overshoot", "0.02"}, {"candidates", "10"}}},
              {"art", "ART 0.10", {{"steps", "100"}, {"overshoot", "1e-06"}, {"candidates", "10"}, {"clip", "none"}}}};
    }
  };
  explicit DeepFool(Options options) : options_(std::move(options)) {}

  bool clips() const override { return options_.clips(); }

 protected:
  Found search(const Batch& batch) const override {
    torch::Tensor result = batch.images().clone();
    torch::Tensor any = torch::zeros({batch.size()}, torch::kBool);
    torch::Tensor rows = torch::arange(batch.size());
    torch::Tensor moved = torch::zeros_like(batch.images());  // without overshoot
    torch::Tensor x = batch.images();
    const torch::Tensor others = candidates(batch);
    for (std::int64_t i = 0;; ++i) {
      const Batch active = batch.only(rows);
      const torch::Tensor met = active.met(x);
      any.index_copy_(0, rows, met);
      const torch::Tensor left = rows_where(~met);
      if (left.size(0) == 0 || i == options_.steps) break;
      rows = rows.index_select(0, left);
      moved =
          moved.index_select(0, left) + step(batch.only(rows), x.index_select(0, left), others.index_select(0, rows));
      const torch::Tensor clean = batch.images().index_select(0, rows);
      x = options_.clipped(clean + (1 + options_.overshoot) * moved);
      result.index_copy_(0, rows, x);
      batch.report(static_cast<double>(i + 1) / static_cast<double>(options_.steps));
    }
    return {result, any};
  }

 private:
  /// The classes whose boundaries are looked at, int64 [n, k]: the highest logits of the clean image, its label
  /// put out of the running. Not used towards targets.
  torch::Tensor candidates(const Batch& batch) const {
    const torch::Tensor logits = batch.logits(batch.images());
    const std::int64_t count = std::min(options_.candidates, logits.size(1)) - 1;
    if (batch.goal().targeted) return torch::zeros({batch.size(), 0}, torch::kInt64);
    const torch::Tensor others =
        logits.scatter(1, batch.goal().classes.unsqueeze(1), -std::numeric_limits<float>::infinity());
    return std::get<1>(others.topk(count, 1));
  }

  /// The shortest step to a linearised boundary, [n,C,H,W].
  static torch::Tensor step(const Batch& active, const torch::Tensor& x, const torch::Tensor& others) {
    const Goal& goal = active.goal();
    const auto [logits, gradients] = active.gradients(x, [&](const torch::Tensor& z) {
      if (goal.targeted) return std::vector{goal.margin(z)};
      std::vector<torch::Tensor> losses;
      for (std::int64_t k = 0; k < others.size(1); ++k) {
        const torch::Tensor pair = torch::stack({others.select(1, k), goal.classes}, 1);
        const torch::Tensor both = z.gather(1, pair);
        losses.push_back(both.select(1, 0) - both.select(1, 1));
      }
      return losses;
    });
    constexpr double kShortest = 1e-4;
    torch::Tensor best = torch::zeros_like(x);
    torch::Tensor nearest = torch::full({x.size(0)}, std::numeric_limits<float>::infinity());
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      const torch::Tensor gap =
          goal.targeted ? goal.margin(logits) : gap_of(logits, goal, others.select(1, static_cast<std::int64_t>(k)));
      const torch::Tensor square = inner_product(gradients[k], gradients[k]);
      const torch::Tensor length = square.sqrt(), distance = gap.abs() / length;
      const torch::Tensor nearer = (distance < nearest) & (square > 0);
      best = torch::where(per_image(nearer), per_image(distance.clamp_min(kShortest) / length) * gradients[k], best);
      nearest = torch::where(nearer, distance, nearest);
    }
    return best;
  }

  static torch::Tensor gap_of(const torch::Tensor& logits, const Goal& goal, const torch::Tensor& other) {
    return (logits.gather(1, other.unsqueeze(1)) - logits.gather(1, goal.classes.unsqueeze(1))).squeeze(1);
  }

  Options options_;
};

DEEPMINE_ATTACK(DeepFool, "deepfool", "DeepFool, L2");

}  // namespace
}  // namespace deepmine
