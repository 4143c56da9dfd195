#include "framework/evaluate/attack_benchmark_options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "framework/attack/attack.h"
#include "framework/core/error.h"
#include "framework/evaluate/lists.h"
#include "framework/evaluate/single_scores.h"

namespace deepmine {
namespace {

constexpr const char* kFooling = "fooling";

std::string canonical_attack(const Spec& spec) { return Registry<Attack>::instance().canonical(spec); }

std::vector<std::string> canonical_attacks(const std::string& list) {
  std::vector<std::string> attacks;
  for (const Spec& spec : parse_specs(list)) attacks.push_back(canonical_attack(spec));
  return attacks;
}

/// One number for each of `attacks`; a single one counts for all.
std::vector<std::int64_t> image_counts(const std::string& list, std::size_t attacks) {
  std::vector<std::int64_t> counts;
  for (const std::string_view piece : pieces(list, '+')) {
    counts.push_back(parse_integer(piece, "attacked"));
    ensure(counts.back() >= 0, "attacked: expected a number of images, 0 for all, found {}", counts.back());
  }
  if (counts.size() == 1) counts.resize(attacks, counts.front());
  ensure(counts.size() == attacks,
         "attacked: expected one number, or one for each of {} attacks with + between them, found \"{}\"", attacks,
         list);
  return counts;
}

bool is_among(const std::string& name, const std::string& list) {
  const auto names = pieces(list, '+');
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void AttackBenchmarkOptions::describe(Fields& fields, const std::string& source) {
  BenchmarkOptions::describe(fields, source);
  fields.add(
      {"attacks", &attacks, "", "attacks on the test images that are classified right, with + between them", source});
  fields.add({"attacked", &attacked, "images",
              "how many of these each attack is given, the first ones; 0: all; one number, or one for "
              "each attack with + between them",
              "ours, for the time they take"});
  fields.add({"aimed", &aimed, "",
              "attacks, by name and with + between them, that are aimed at a wrong class, drawn at random for each "
              "image; others only lead away from the true one",
              source});
  fields.add({"fooling", &fooling, "",
              "images without meaning that the model is sure of: fooling, with the options of the attack of that name; "
              "empty for none",
              "uniform-svdd; the engine is ours"});
  fields.add({"fooling-images",
              &fooling_images,
              "images",
              "how many of them, classes in turn",
              "ours; uniform-svdd has 10,000",
              {1, 1e7}});
  fields.add({"learn-attack", &learn_attack, "",
              "attack on images that detectors learn from that need adversarial ones", source});
  fields.add({"learn",
              &learn,
              "images",
              "how many of these it is given at most, of those classified right",
              "ours",
              {1, 1e9}});
  fields.add({"skip",
              &skip,
              "images",
              "first test images of the dataset that are left out",
              "ours: a smaller job",
              {0, 1e9}});
  fields.add({"pairs-block",
              &pairs_block,
              "images",
              "they are the first so many test images, which nothing is evaluated on then; 0: "
              "they are training images",
              "ours; uniform-svdd has 80 % of the test images",
              {0, 1e9}});
}

void AttackBenchmarkOptions::write_out() {
  BenchmarkOptions::write_out();
  attacks = fmt::format("{}", fmt::join(canonical_attacks(attacks), "+"));
  attacked = fmt::format("{}", fmt::join(image_counts(attacked, parse_specs(attacks).size()), "+"));
  const auto names = pieces(aimed, '+');
  aimed = fmt::format("{}", fmt::join(std::set<std::string_view>(names.begin(), names.end()), "+"));
  if (const auto options = bred()) fooling = canonical_text(kFooling, *options);
  if (!learn_attack.empty()) learn_attack = canonical_attack(Spec::parse(learn_attack));
}

std::vector<PlannedAttack> AttackBenchmarkOptions::planned() const {
  std::vector<PlannedAttack> planned;
  for (const Spec& spec : parse_specs(attacks)) {
    planned.push_back({canonical_attack(spec), 0, is_among(spec.name, aimed)});
  }
  const std::vector<std::int64_t> counts = image_counts(attacked, planned.size());
  for (std::size_t i = 0; i < planned.size(); ++i) planned[i].images = counts[i];
  return planned;
}

std::optional<FoolingOptions> AttackBenchmarkOptions::bred() const {
  if (fooling.empty()) return std::nullopt;
  const Spec spec = Spec::parse(fooling);
  ensure(spec.name == kFooling, "fooling: expected fooling with its options, or nothing, found \"{}\"", spec.name);
  return parse_options<FoolingOptions>(spec);
}

PlannedAttack AttackBenchmarkOptions::learnt() const {
  ensure(!learn_attack.empty(), "learn-attack: expected the attack that {} learns from, found none", detector);
  const Spec spec = Spec::parse(learn_attack);
  return {canonical_attack(spec), learn, is_among(spec.name, aimed)};
}

BenchmarkOptions AttackBenchmarkOptions::shared() const {
  BenchmarkOptions options = *this;
  options.learnt_from = pairs_block;
  options.whole = ood;
  return options;
}

void AttackBenchmarkOptions::check() const {
  check_sets();
  bred();
  for (const std::string_view name : pieces(aimed, '+')) {
    if (!name.empty()) Registry<Attack>::instance().make({std::string(name), {}});
  }
  std::set<std::string> different;
  for (const PlannedAttack& one : planned()) {
    ensure(different.insert(one.attack).second, "attacks: expected each once, found {} twice", one.attack);
  }
  if (make_single_detector(Spec::parse(detector))->needs().adversarial) learnt();
}

}  // namespace deepmine
