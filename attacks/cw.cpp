#include <cmath>

#include "framework/attack/attack.h"

namespace deepmine {
namespace {

/// The Carlini-Wagner attack in L2: gradient descent on the squared distance plus c times what is missing to
/// the goal, the smallest c that works found by bisection, an image's pixels the tanh of free variables.
///
/// Source: Carlini, Wagner 2017, section VI and their code; Adam as in Kingma, Ba 2015, afresh for each c.
/// differs from it in: a descent is given up per image, when its own loss stalls, not when the batch's does, and the
/// image then leaves the batch: up to rounding, what becomes of an image does not depend on the others, and most
/// gradients are saved. An image that meets the goal as it is costs one gradient.
class CarliniWagner : public MinimalDistanceAttack {
 public:
  struct Options {
    std::int64_t searches = 9;
    std::int64_t steps = 1000;
    double rate = 0.01;
    double c = 0.001;
    double confidence = 0;
    bool abort = true;

    void describe(Fields& fields) {
      const char* const source = "Carlini's code, 2017";
      fields.add({"searches", &searches, "", "values of c tried per image", source, {1, 100}});
      fields.add({"steps", &steps, "steps", "most steps for one c", source, {1, 1000000}});
      fields.add({"rate", &rate, "", "learning rate of Adam", source, {0, 10, true}});
      fields.add({"c", &c, "", "first weight of the goal against the distance", source, {0, 1e10, true}});
      fields.add({"confidence", &confidence, "logits", "by how much the goal is to be met (kappa)", source, {0, 1e6}});
      fields.add({"abort", &abort, "", "end a descent whose loss has not fallen in a tenth of the steps", source});
    }
    static Presets presets() {
      return {
          {"carlini",
           "Carlini's code, 2017; LID repository",
           {{"searches", "9"}, {"steps", "1000"}, {"rate", "0.01"}, {"c", "0.001"}}},
          {"cleverhans", "CleverHans 2.1", {{"searches", "5"}, {"steps", "1000"}, {"rate", "0.005"}, {"c", "0.01"}}},
          {"foolbox", "Foolbox 1.8", {{"searches", "5"}, {"steps", "1000"}, {"rate", "0.005"}, {"c", "0.01"}}},
          {"foolbox3", "Foolbox 3.3", {{"searches", "9"}, {"steps", "10000"}, {"rate", "0.01"}, {"c", "0.001"}}}};
    }
  };
  explicit CarliniWagner(Options options) : options_(std::move(options)) {}

  bool clips() const override { return true; }

 protected:
  Found search(const Batch& batch) const override {
    constexpr double kUnbounded = 1e10, kBounded = 1e9;
    Nearest nearest(batch);
    const Variables start(batch.images());
    torch::Tensor low = torch::zeros({batch.size()}), high = torch::full({batch.size()}, kUnbounded);
    torch::Tensor c = torch::full({batch.size()}, options_.c, torch::kFloat32);
    for (std::int64_t i = 0; i < options_.searches; ++i) {
      if (options_.searches >= 10 && i == options_.searches - 1) c = high;
      const torch::Tensor met = descend(batch, start, c, nearest, i);
      high = torch::where(met, torch::min(high, c), high);
      low = torch::where(met, low, torch::max(low, c));
      c = torch::where(high < kBounded, (low + high) / 2, 10 * c);
    }
    return {nearest.images, nearest.distance < std::numeric_limits<float>::infinity()};
  }

 private:
  /// The nearest images so far that meet the goal.
  struct Nearest {
    explicit Nearest(const Batch& batch)
        : images(batch.images().clone()),
          distance(torch::full({batch.size()}, std::numeric_limits<float>::infinity())) {}
    torch::Tensor images;
    torch::Tensor distance;  ///< squared L2, [n]

    void update(const torch::Tensor& rows, const torch::Tensor& x, const torch::Tensor& square,
                const torch::Tensor& met) {
      const torch::Tensor better = rows_where(met & (square < distance.index_select(0, rows)));
      if (better.size(0) == 0) return;
      const torch::Tensor where = rows.index_select(0, better);
      images.index_copy_(0, where, x.index_select(0, better));
      distance.index_copy_(0, where, square.index_select(0, better));
    }
  };

  /// Free variables w with x = (tanh(w) + 1) / 2, and Adam's state.
  struct Variables {
    explicit Variables(const torch::Tensor& images)
        : w(torch::atanh(0.999999 * (2 * images - 1))),
          origin((torch::tanh(w) + 1) / 2),
          mean(torch::zeros_like(w)),
          square(torch::zeros_like(w)) {}
    torch::Tensor w, origin, mean, square;

    Variables only(const torch::Tensor& rows) const {
      Variables result = *this;
      for (torch::Tensor* part : {&result.w, &result.origin, &result.mean, &result.square}) {
        *part = part->index_select(0, rows);
      }
      return result;
    }
    /// Adam's step number `t`, from 1.
    void step(const torch::Tensor& gradient, double rate, std::int64_t t) {
      constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
      mean.mul_(kBeta1).add_(gradient, 1 - kBeta1);
      square.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
      const double bias1 = 1 - std::pow(kBeta1, t), bias2 = 1 - std::pow(kBeta2, t);
      w.addcdiv_(mean, (square.sqrt() / std::sqrt(bias2)).add_(kEpsilon), -rate / bias1);
    }
  };

  /// One descent for each image with its `c`; whether the goal was ever met, bool [n].
  torch::Tensor descend(const Batch& batch, const Variables& start, const torch::Tensor& c, Nearest& nearest,
                        std::int64_t number) const {
    torch::Tensor ever_met = torch::zeros({batch.size()}, torch::kBool);
    torch::Tensor rows = rows_where(nearest.distance > 0);
    torch::Tensor before = torch::full({rows.size(0)}, std::numeric_limits<float>::infinity());
    Variables variables = start.only(rows);
    Batch active = batch.only(rows);
    const std::int64_t every = std::max<std::int64_t>(1, options_.steps / 10);
    for (std::int64_t i = 0; i < options_.steps && rows.size(0) > 0; ++i) {
      const torch::Tensor tangent = torch::tanh(variables.w);
      const torch::Tensor x = (tangent + 1) / 2, change = x - variables.origin;
      const torch::Tensor weight = c.index_select(0, rows);
      torch::Tensor missing;
      const Slope slope = active.slope(x, [&](const torch::Tensor& z) {
        const torch::Tensor hinge = (options_.confidence - active.goal().margin(z)).clamp_min(0);
        missing = hinge.detach();
        return weight * hinge;
      });
      const torch::Tensor square = (change * change).flatten(1).sum(1);
      const torch::Tensor met = this->met(active.goal(), slope.logits);
      nearest.update(rows, x, square, met);
      ever_met.index_fill_(0, rows.index_select(0, rows_where(met)), true);
      variables.step((2 * change + slope.gradient) * ((1 - tangent * tangent) / 2), options_.rate, i + 1);
      report(batch, number, i);
      torch::Tensor going = nearest.distance.index_select(0, rows) > 0;
      if (options_.abort && i % every == 0) {
        const torch::Tensor loss = square + weight * missing;
        going = going & (loss <= 0.9999 * before);
        before = loss;
      }
      const torch::Tensor left = rows_where(going);
      if (left.size(0) == rows.size(0)) continue;
      before = before.index_select(0, left);
      rows = rows.index_select(0, left);
      active = active.only(left);
      variables = variables.only(left);
    }
    return ever_met;
  }

  /// Whether the logits meet the goal with the confidence asked for.
  torch::Tensor met(const Goal& goal, const torch::Tensor& logits) const {
    return goal.met_by(logits.argmax(1)) & (goal.margin(logits) >= options_.confidence);
  }

  void report(const Batch& batch, std::int64_t search, std::int64_t step) const {
    const double done =
        static_cast<double>(search) + static_cast<double>(step + 1) / static_cast<double>(options_.steps);
    batch.report(done / static_cast<double>(options_.searches));
  }

  Options options_;
};

DEEPMINE_ATTACK(CarliniWagner, "cw", "Carlini-Wagner, L2");

}  // namespace
}  // namespace deepmine
