#include "framework/attack/fooling.h"

#include <catch2/catch.hpp>

#include "framework/attack/attack.h"
#include "tests/support/error_text.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

constexpr double kNone = -1e300;

/// Small enough for the small network.
FoolingOptions options(const std::string& text) {
  return parse_options<FoolingOptions>(Spec::parse("fooling:" + text));
}

FoolingImages made(const std::string& text, std::int64_t begin, std::int64_t end, int threads = 1,
                   std::uint64_t seed = 5) {
  NoProgress silent;
  return fooling_images(small_classifier(), {1, 8, 8}, begin, end, options(text), Seed(seed), threads, silent);
}

const char* const kGenetic = "engine=ga,confidence=0.99,mutation=0.05";
const char* const kArchives = "engine=map-elites,confidence=0.99";

/// How near the mean of the pixels is to each of four values: a niche each.
torch::Tensor nearness(const torch::Tensor& candidates) {
  const torch::Tensor mean = candidates.to(torch::kFloat64).flatten(1).mean(1, true);
  return -(mean - torch::tensor({0.1, 0.35, 0.65, 0.9}, torch::kFloat64)).abs();
}

/// Watches that nothing grows worse.
struct Rising {
  std::vector<double> best;
  std::int64_t generations = 0;

  WatchGenerations watch() {
    return [this](std::int64_t generation, const std::vector<double>& now) {
      CHECK(generation == ++generations);
      best.resize(now.size(), kNone);
      for (std::size_t i = 0; i < now.size(); ++i) CHECK(now[i] >= best[i]);
      best = now;
    };
  }
};

void check_genes(const torch::Tensor& images) {
  CHECK(images.min().item<double>() >= 0);
  CHECK(images.max().item<double>() <= 1);
}

TEST_CASE("no niche of an archive ever grows less fit, one pass serves all, and genes stay in [0,1]") {
  Rising rising;
  std::vector<double> first;
  int passes = 0;
  const auto fitness = [&](const torch::Tensor& candidates) {
    ++passes;
    CHECK(candidates.size(0) == 20);
    check_genes(candidates);
    const torch::Tensor found = nearness(candidates);
    if (passes == 1)
      for (int niche = 0; niche < 4; ++niche) first.push_back(found.select(1, niche).max().item<double>());
    return found;
  };
  const Bred bred =
      illuminate({1, 4, 4}, options("generations=30,population=20"), fitness, RandomStream(Seed(1)), rising.watch());
  CHECK(passes == 31);
  CHECK(rising.generations == 30);
  CHECK(rising.best == bred.fitness);
  CHECK(bred.images.sizes() == at::IntArrayRef({4, 1, 4, 4}));
  for (std::int64_t niche = 0; niche < 4; ++niche) {
    const auto at = static_cast<std::size_t>(niche);
    CHECK(bred.fitness[at] == nearness(bred.images)[niche][niche].item<double>());
    CHECK(bred.fitness[at] > first[at]);
  }
}

TEST_CASE("the genetic algorithm never grows worse, begins at its start and ends once it is fit enough") {
  const torch::Tensor start = torch::full({1, 4, 4}, 0.5);
  const auto bright = [](const torch::Tensor& candidates) { return nearness(candidates).select(1, 3); };
  Rising rising;
  const GeneticOptions whole = options("engine=ga,generations=300,confidence=0.9");
  const Bred bred = breed(start, whole, bright, RandomStream(Seed(1)), rising.watch());
  check_genes(bred.images);
  CHECK(bred.fitness[0] == bright(bred.images)[0].item<double>());
  CHECK(bred.fitness[0] >= whole.enough());
  CHECK(rising.generations < 300);
  CHECK((start == 0.5).all().item<bool>());
  // Without exchanges and draws nothing moves.
  const Bred still =
      breed(start, options("engine=ga,generations=3,crossover=0,mutation=0"), bright, RandomStream(Seed(1)));
  CHECK(torch::equal(still.images[0], start));
}

TEST_CASE("a generation of the genetic algorithm that is worse is taken back") {
  const torch::Tensor start = torch::full({1, 2, 2}, 0.5);
  const auto unlike = [&](const torch::Tensor& candidates) {
    return -(candidates - start).abs().to(torch::kFloat64).flatten(1).sum(1) - 10;
  };
  const Bred bred = breed(start, options("engine=ga,generations=20,mutation=1"), unlike, RandomStream(Seed(1)));
  CHECK(torch::equal(bred.images[0], start));
  CHECK(bred.fitness[0] == -10);
}

TEST_CASE("fooling images, judged anew together, are of the class and the confidence they claim") {
  for (const std::string spec : {kGenetic, kArchives}) {
    INFO(spec);
    const FoolingImages found = made(spec, 0, 8);
    check_genes(found.images);
    CHECK(torch::equal(found.targets, torch::arange(8).remainder(4)));
    CHECK(found.success.all().item<bool>());
    const torch::Tensor logits = small_classifier().logits(found.images).detach();
    CHECK(torch::equal(logits.argmax(1), found.targets));
    CHECK(torch::equal(found.predicted, found.targets));
    const torch::Tensor anew = fitness_of(logits).exp().gather(1, found.targets.unsqueeze(1)).squeeze(1);
    CHECK(anew.min().item<double>() >= 0.99);
    CHECK(torch::allclose(anew, found.confidences, 1e-4, 0));
  }
}

TEST_CASE("images without the confidence are no success") {
  for (const std::string engine : {"ga", "map-elites"}) {
    const FoolingImages found = made("generations=1,confidence=0.9999,engine=" + engine, 0, 8);
    CHECK_FALSE(found.success.all().item<bool>());
    CHECK(torch::equal(found.success, (found.predicted == found.targets) & (found.confidences >= 0.9999)));
  }
}

TEST_CASE("fooling images hang on no threads, nor on where their row is cut, but on the seed") {
  for (const std::string spec : {kGenetic, kArchives}) {
    INFO(spec);
    const FoolingImages whole = made(spec, 0, 8), part = made(spec, 3, 6), threads = made(spec, 0, 8, 2),
                        other = made(spec, 0, 8, 1, 6);
    CHECK(torch::equal(part.images, whole.images.slice(0, 3, 6)));
    CHECK(torch::equal(part.targets, whole.targets.slice(0, 3, 6)));
    CHECK(torch::equal(part.confidences, whole.confidences.slice(0, 3, 6)));
    CHECK(torch::equal(threads.images, whole.images));
    CHECK(torch::equal(threads.confidences, whole.confidences));
    CHECK_FALSE(torch::equal(other.images, whole.images));
    CHECK_FALSE(torch::equal(whole.images[0], whole.images[4]));
  }
}

TEST_CASE("the attack takes noise to its target with the confidence asked for, or gives it back") {
  torch::Tensor noise = torch::empty({6, 1, 8, 8});
  RandomStream random{Seed(2)};
  fill_uniform(noise, 0.5, random);
  noise += 0.5;
  NoProgress silent;
  const auto attacked = [&](const std::string& spec) {
    return (*Registry<Attack>::instance().make(Spec::parse(spec)))(small_classifier(), noise, Goal::towards(3, 6),
                                                                   silent);
  };
  const AttackResult found = attacked("fooling:confidence=0.99,mutation=0.05,population=20");
  CHECK(found.success.all().item<bool>());
  CHECK(small_classifier().logits(found.images).softmax(1).select(1, 3).min().item<double>() >= 0.99);
  CHECK((found.queries > 20).all().item<bool>());
  const AttackResult brief = attacked("fooling:generations=1,population=5");
  CHECK(torch::equal(brief.images, noise));
  CHECK((brief.queries == 6).all().item<bool>());
}

TEST_CASE("what no search can be is refused") {
  CHECK_THAT(error_text([] { options("elite=51"); }),
             Catch::Contains("elite: expected at most the population, 50, found 51"));
  CHECK_THAT(error_text([] { options("confidence=1"); }), Catch::Contains("confidence: expected"));
  CHECK_THAT(error_text([] { options("engine=cppn"); }), Catch::Contains("expected one of map-elites, ga"));
  CHECK_THAT(error_text([] { made(kGenetic, 3, 3); }), Catch::Contains("expected at least one fooling image"));
}

}  // namespace
}  // namespace deepmine
