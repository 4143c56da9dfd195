#include <fmt/ranges.h>

#include <algorithm>

#include "framework/attack/attack.h"

namespace deepmine {
namespace {

/// The worst case over several attacks: an image counts as broken when any of them breaks it. Each attack sees the
/// images that those before it left standing, with keep=nearest all of them. An image that no attack breaks, or that
/// meets the goal as it is, comes back as it was.
///
/// Source: Croce, Hein 2020 (AutoAttack), the evaluation of section 5. differs from it in: the attacks are ours and the
/// user's choice; keep=nearest.
class Ensemble : public FixedEpsilonAttack {
 public:
  struct Options {
    std::string attacks = "pgd+square";
    std::string keep = "first";
    std::int64_t seed = 0;

    void describe(Fields& fields) {
      fields.add({"attacks", &attacks, "",
                  "attacks with + between them, in the order in which they are tried; in brackets when they have "
                  "options: ensemble:attacks=[pgd:steps=40,seed=1+square:queries=1000],keep=first", "ours"});
      fields.add({"keep", &keep, "",
                  "of a broken image, what the first attack made that broke it, or the nearest that any made: in L2, "
                  "or in the norm that all attacks' budgets have",
                  "Croce, Hein 2020", {}, {"first", "nearest"}});
      fields.add({"seed", &seed, "", "seed of attacks that draw and name none", "ours", {0, 1e15}});
    }
    /// Writes out every attack's options.
    void settle() {
      const auto& known = Registry<Attack>::instance();
      std::vector<std::string> texts;
      for (Spec spec : parse_specs(attacks)) {
        const Description attack = known.describe(spec.name);
        ensure(spec.name != "ensemble", "attacks: expected attacks that are no ensembles themselves, found \"{}\"; "
               "name its attacks instead", spec.text());
        if (attack.has_option("seed")) spec.values.emplace("seed", std::to_string(seed));
        texts.push_back(known.canonical(spec));
      }
      ensure(!texts.empty(), "attacks: expected attacks with + between them, found none");
      attacks = fmt::format("[{}]", fmt::join(texts, "+"));
    }
  };
  explicit Ensemble(const Options& options) : nearest_(options.keep == "nearest") {
    for (const Spec& spec : parse_specs(options.attacks)) attacks_.push_back(Registry<Attack>::instance().make(spec));
  }

  bool clips() const override {
    return std::all_of(attacks_.begin(), attacks_.end(), [](const auto& attack) { return attack->clips(); });
  }
  bool needs_gradient() const override {
    return std::any_of(attacks_.begin(), attacks_.end(), [](const auto& attack) { return attack->needs_gradient(); });
  }
  /// The largest of the attacks', when all have one in the same norm.
  std::optional<Budget> budget(std::int64_t n_values) const override {
    std::optional<Budget> largest;
    for (const auto& attack : attacks_) {
      const auto budget = attack->budget(n_values);
      if (!budget || (largest && budget->norm != largest->norm)) return std::nullopt;
      if (!largest || budget->most > largest->most) largest = budget;
    }
    return largest;
  }

 protected:
  Perturbed perturb(const Batch& batch) const override {
    const auto budget = this->budget(batch.images()[0].numel());
    const Norm norm = budget ? budget->norm : Norm::kL2;
    const auto share = [&](std::size_t k) { return static_cast<double>(k) / static_cast<double>(attacks_.size()); };
    torch::Tensor images = batch.images().clone();
    torch::Tensor distance = torch::full({batch.size()}, std::numeric_limits<float>::infinity());
    torch::Tensor rows = rows_where(~batch.met(batch.images()));
    for (std::size_t k = 0; k < attacks_.size() && rows.size(0) > 0; ++k) {
      const Batch active = batch.only(rows).part(share(k), share(k + 1));
      const torch::Tensor moved = carry_out(*attacks_[k], active).images;
      const torch::Tensor met = active.met(moved), size = distances(active.images(), moved, norm);
      const torch::Tensor better = rows_where(met & (size < distance.index_select(0, rows)));
      images.index_copy_(0, rows.index_select(0, better), moved.index_select(0, better));
      distance.index_copy_(0, rows.index_select(0, better), size.index_select(0, better));
      active.report(1);
      if (!nearest_) rows = rows.index_select(0, rows_where(~met));
    }
    return images;
  }

 private:
  std::vector<std::unique_ptr<Attack>> attacks_;
  bool nearest_;
};

DEEPMINE_ATTACK(Ensemble, "ensemble", "the worst case over several attacks");

}  // namespace
}  // namespace deepmine
