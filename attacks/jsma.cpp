#include <cmath>

#include "framework/attack/attack.h"
#include "framework/attack/saliency.h"

namespace deepmine {
namespace {

/// The Jacobian-based Saliency Map Attack: raises the few values of an image that help the target most and the
/// other classes least, until the image is taken for the target.
///
/// Source: Papernot et al. 2016, algorithms 1 to 3; defaults of CleverHans 2.1, its gamma that of LID.
/// form=probability: slopes of probabilities, as in CleverHans; since these add up to 0 over the classes, beta is
/// -alpha and the pair is the two largest alphas, found by one backward pass. Alpha is the slope of log p, which has
/// the order of that of p and does not vanish. form=logit: slopes of logits, two backward passes and the search
/// over pairs. form=fast: Foolbox 1.8's fast variant, one value a step, lowered where the target's cross-entropy rises
/// most.
/// differs from it in: where no pair qualifies the image is given up (CleverHans then changes pixel 0); fast
/// never picks a value that may not change any more (Foolbox then does nothing for the steps that are left).
/// Without a target the highest other class of the clean image is the target, and any other class ends it.
class Jsma : public FixedEpsilonAttack {
 public:
  struct Options {
    std::string form = "probability";
    double theta = 1;
    double gamma = 0.1;
    std::int64_t changes = 1;
    std::int64_t steps = 0;

    void describe(Fields& fields) {
      fields.add({"form", &form, "", "whose slopes: see the source", "CleverHans "
                  "2.1", {}, {"probability", "logit", "fast"}});
      fields.add({"theta", &theta, "pixel units of [0,1]", "change of a value per step", "CleverHans 2.1", {0, 1,
                  true}});
      fields.add({"gamma", &gamma, "share of all values", "most values changed", "LID repository", {0, 1}});
      fields.add({"changes", &changes, "", "times one value may change; 0: until it reaches the end of the "
                  "range", "CleverHans 2.1", {0, 100000}});
      fields.add({"steps", &steps, "steps", "most steps; 0: as many as gamma and changes allow", "Foolbox 1.8", {0,
                  1000000}});
    }
    static Presets presets() {
      return {
          {"cleverhans", "CleverHans 2.1", {{"form", "probability"}, {"theta", "1"}, {"gamma", "1"}, {"changes", "1"}}},
          {"lid", "LID repository", {{"form", "probability"}, {"theta", "1"}, {"gamma", "0.1"}, {"changes", "1"}}},
          {"art", "ART 0.10", {{"form", "probability"}, {"theta", "0.1"}, {"gamma", "1"}, {"changes", "0"}}},
          {"foolbox",
           "Foolbox 1.8",
           {{"form", "fast"}, {"theta", "0.1"}, {"gamma", "1"}, {"changes", "7"}, {"steps", "2000"}}}};
    }
  };
  explicit Jsma(Options options) : options_(std::move(options)) {}

  bool clips() const override { return true; }
  std::optional<Budget> budget(std::int64_t n_values) const override {
    return Budget{Norm::kL0, static_cast<double>(most_values(n_values))};
  }
  std::optional<double> reach(std::int64_t n_values) const override {
    return static_cast<double>(most_steps(n_values) * values_per_step());
  }

 protected:
  Perturbed perturb(const Batch& batch) const override {
    State state(batch);
    const Goal aim = Goal::towards(batch.goal().wanted(batch.logits(batch.images())));
    const std::int64_t most = most_steps(batch.images()[0].numel());
    torch::Tensor rows = torch::arange(batch.size());
    for (std::int64_t i = 0; i < most && rows.size(0) > 0; ++i) {
      rows = step(batch, aim, state, rows);
      batch.report(static_cast<double>(i + 1) / static_cast<double>(most));
    }
    return state.x;
  }

 private:
  /// Images on their way.
  struct State {
    explicit State(const Batch& batch)
        : x(batch.images().contiguous().clone()),
          changes(torch::zeros({x.size(0), x[0].numel()}, torch::kInt32)),
          domain(torch::ones({x.size(0), x[0].numel()}, torch::kUInt8)),
          changed(static_cast<std::size_t>(x.size(0)), 0) {}
    torch::Tensor x;
    torch::Tensor changes;  ///< int32 [n, values]
    torch::Tensor domain;   ///< uint8 [n, values]: may change (again)
    std::vector<std::int64_t> changed;  ///< [n], different values changed so far
  };

  bool fast() const { return options_.form == "fast"; }
  std::int64_t values_per_step() const { return fast() ? 1 : 2; }
  /// A multiple of those changed in one step.
  std::int64_t most_values(std::int64_t n_values) const {
    const auto share = static_cast<double>(n_values) * options_.gamma / static_cast<double>(values_per_step());
    return static_cast<std::int64_t>(std::floor(share)) * values_per_step();
  }
  std::int64_t most_steps(std::int64_t n_values) const {
    if (options_.steps > 0) return options_.steps;
    const auto each =
        options_.changes > 0 ? options_.changes : static_cast<std::int64_t>(std::ceil(1 / options_.theta));
    return most_values(n_values) / values_per_step() * each;
  }

  /// Changes each image at `rows` that has not met its goal; the rows that are to go on.
  torch::Tensor step(const Batch& batch, const Goal& aim, State& state, const torch::Tensor& rows) const {
    const Batch active = batch.only(rows);
    const torch::Tensor targets = aim.only(rows).classes.unsqueeze(1);
    const auto [logits, slopes] = active.gradients(state.x.index_select(0, rows), [&](const torch::Tensor& z) {
      const torch::Tensor own = z.gather(1, targets).squeeze(1);
      if (options_.form == "logit") return std::vector{own, z.sum(1) - own};
      return std::vector{own - z.logsumexp(1)};
    });
    const torch::Tensor met = active.goal().met_by(logits.argmax(1));
    const std::int64_t most = most_values(state.domain.size(1));
    std::vector<std::int64_t> left;
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
      const auto row = rows[i].item<std::int64_t>();
      const bool spent = state.changed[static_cast<std::size_t>(row)] + values_per_step() > most;
      if (met[i].item<bool>() || spent) continue;
      if (change(state, row, slopes, i)) left.push_back(row);
    }
    return torch::tensor(left, torch::kInt64);
  }

  /// Changes the best values of one image; false when there are none.
  bool change(State& state, std::int64_t row, const std::vector<torch::Tensor>& slopes, std::int64_t i) const {
    const torch::Tensor alpha = slopes[0][i].contiguous();
    const auto size = static_cast<std::size_t>(alpha.numel());
    const auto* a = alpha.data_ptr<float>();
    if (fast()) return change_one(state, row, a, size);
    auto* domain = state.domain[row].data_ptr<std::uint8_t>();
    auto* x = state.x[row].data_ptr<float>();
    for (std::size_t k = 0; k < size; ++k) domain[k] = domain[k] && x[k] < 1;
    std::optional<FeaturePair> pair;
    if (slopes.size() == 1) {
      pair = best_pair(a, domain, size);
    } else {
      const torch::Tensor beta = slopes[1][i].contiguous();
      pair = best_pair(a, beta.data_ptr<float>(), domain, size);
    }
    if (!pair) return false;
    for (std::size_t k : {pair->first, pair->second}) move(state, row, k, options_.theta);
    return true;
  }

  /// Foolbox's: the slope of the cross-entropy is -alpha, and the value where it is highest is moved against it.
  bool change_one(State& state, std::int64_t row, const float* alpha, std::size_t size) const {
    const auto* domain = state.domain[row].data_ptr<std::uint8_t>();
    std::size_t best = size;
    for (std::size_t k = 0; k < size; ++k) {
      if (domain[k] && (best == size || alpha[k] < alpha[best])) best = k;
    }
    if (best == size || alpha[best] == 0) return false;
    move(state, row, best, alpha[best] > 0 ? options_.theta : -options_.theta);
    return true;
  }

  void move(State& state, std::int64_t row, std::size_t value, double by) const {
    float& x = state.x[row].data_ptr<float>()[value];
    x = std::min(1.0F, std::max(0.0F, x + static_cast<float>(by)));
    const int changes = ++state.changes[row].data_ptr<std::int32_t>()[value];
    if (changes == 1) ++state.changed[static_cast<std::size_t>(row)];
    const bool often = options_.changes > 0 && changes >= options_.changes;
    if (often || x >= 1 || x <= 0) state.domain[row].data_ptr<std::uint8_t>()[value] = 0;
  }

  Options options_;
};

DEEPMINE_ATTACK(Jsma, "jsma", "Jacobian-based Saliency Map Attack");

}  // namespace
}  // namespace deepmine
