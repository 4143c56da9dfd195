#include "framework/attack/fooling.h"

#include <limits>

#include "framework/attack/attack.h"

namespace deepmine {
namespace {

/// Images that mean nothing and that a model is sure of, from noise towards a class by a genetic algorithm that sees
/// nothing but logits, see `breed`. An image that does not reach the confidence comes back as it was; success, as of
/// every attack, is judged by the class alone, which noise may have from the start. Costs a forward pass of
/// `population` images a generation.
///
/// Source: uniform-svdd, its notebook. differs from it in: what `breed` says; an image's draws come from the seed and
/// its pixels; without a target any class but the label will do.
class Fooling : public MinimalDistanceAttack {
 public:
  struct Options : GeneticOptions {
    std::int64_t seed = 0;

    void describe(Fields& fields) {
      GeneticOptions::describe(fields);
      fields.add({"seed", &seed, "", "seed of the draws", "ours", {0, 1e15}});
    }
  };
  explicit Fooling(const Options& options) : options_(options) {}

  bool clips() const override { return true; }
  bool needs_gradient() const override { return false; }

 protected:
  Found search(const Batch& batch) const override {
    Found found{batch.images().clone(at::MemoryFormat::Contiguous), torch::zeros({batch.size()}, torch::kBool)};
    const std::vector<RandomStream> random =
        batch.randoms(Seed(static_cast<std::uint64_t>(options_.seed)).child("fooling"));
    for (std::int64_t i = 0; i < batch.size(); ++i) {
      const Goal goal = batch.goal().slice(i, i + 1);
      const auto fitness = [&](const torch::Tensor& candidates) {
        return fitness_for(goal, batch.only(torch::full({candidates.size(0)}, i, torch::kInt64)).logits(candidates));
      };
      const Bred bred = breed(found.images[i], options_, fitness, random[static_cast<std::size_t>(i)]);
      found.images[i].copy_(bred.images[0]);
      found.any[i] = bred.fitness[0] >= options_.enough();
      batch.report(static_cast<double>(i + 1) / static_cast<double>(batch.size()));
    }
    return found;
  }

 private:
  /// Of the class of the goal, or of the likeliest of the others.
  static torch::Tensor fitness_for(const Goal& goal, const torch::Tensor& logits) {
    torch::Tensor fitness = fitness_of(logits);
    const auto given = goal.classes.item<std::int64_t>();
    if (goal.targeted) return fitness.select(1, given);
    fitness.select(1, given).fill_(-std::numeric_limits<double>::infinity());
    return fitness.amax(1);
  }

  Options options_;
};

DEEPMINE_ATTACK(Fooling, "fooling", "fooling images: from noise towards a class");

}  // namespace
}  // namespace deepmine
