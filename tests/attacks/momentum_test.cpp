// The worked example of CONTRIBUTING.md: an attack in one file. In attacks/ it would be part of the program; here it
// is part of the tests, whose conformance cases find it in the registry like any other.
#include <catch2/catch.hpp>

#include "framework/attack/attack.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

/// The momentum iterative method: BIM along a decaying mean of the gradients, each divided by its L1 norm.
///
/// Source: Dong et al. 2018, algorithm 1. differs from it in: clips to [0,1] unless clip=none.
class Momentum : public FixedEpsilonAttack {
 public:
  struct Options : FixedEpsilonOptions {
    std::int64_t steps = 10;
    double decay = 1;

    void describe(Fields& fields) {
      FixedEpsilonOptions::describe(fields);
      fields.add({"steps", &steps, "steps", "number of steps of epsilon / steps", "Dong et al. 2018", {1, 100000}});
      fields.add({"decay", &decay, "", "weight of the gradients before", "Dong et al. 2018", {0, 1}});
    }
  };
  explicit Momentum(Options options) : options_(std::move(options)) {}

  bool clips() const override { return options_.clips(); }
  std::optional<Budget> budget(std::int64_t) const override { return options_.budget(); }

 protected:
  Perturbed perturb(const Batch& batch) const override {
    const double step = options_.epsilon / static_cast<double>(options_.steps);
    torch::Tensor x = batch.images(), mean = torch::zeros_like(x);
    for (std::int64_t i = 0; i < options_.steps; ++i) {
      const torch::Tensor gradient = batch.ascent(x).gradient;
      const torch::Tensor length = per_image(gradient.abs().flatten(1).sum(1)).clamp_min(1e-30);
      mean = options_.decay * mean + gradient / length;
      x = options_.boxed(x + step * mean.sign(), batch.images());
    }
    return x;
  }

 private:
  Options options_;
};

DEEPMINE_ATTACK(Momentum, "momentum", "Momentum Iterative Method");

TEST_CASE("the example of an attack works") {
  const Dataset data = quadrants(32, 11);
  NoProgress silent;
  const auto attack = Registry<Attack>::instance().make(Spec::parse("momentum:epsilon=0.3"));
  const AttackResult result = (*attack)(small_classifier(), data.pixels(0, 32), Goal::away_from(data.labels), silent);
  CHECK(result.success_rate() > 0.9);
  CHECK((result.gradients == 10).all().item<bool>());
}

}  // namespace
}  // namespace deepmine
