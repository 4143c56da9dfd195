#include "framework/attack/fooling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "framework/attack/batch.h"
#include "framework/core/error.h"
#include "framework/core/shared_progress.h"
#include "framework/model/batches.h"

namespace deepmine {
namespace {

constexpr double kNoiseDeviation = 2.5;  // of uniform-svdd's notebook

float* pixels(torch::Tensor& images, std::int64_t i) { return images.data_ptr<float>() + i * images[0].numel(); }

/// Of `count` images of a shape.
std::vector<std::int64_t> sizes_of(std::int64_t count, at::IntArrayRef shape) {
  std::vector<std::int64_t> sizes{count};
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  return sizes;
}

/// The whole number nearest below, where 0.29 * 100 is 29.
std::int64_t share_of(double share, std::int64_t whole) {
  return static_cast<std::int64_t>(share * static_cast<double>(whole) + 1e-9);
}

std::int64_t below(RandomStream& random, std::int64_t bound) {
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(bound)));
}

/// A share of the individuals exchange, in pairs, their pixels from some place on.
void exchange_tails(torch::Tensor& population, double share, RandomStream& random) {
  const std::int64_t size = population.size(0), values = population[0].numel();
  const auto chosen = random.sample(static_cast<std::size_t>(share_of(share, size)), static_cast<std::size_t>(size));
  for (std::size_t i = 0; i + 1 < chosen.size(); i += 2) {
    float* one = pixels(population, static_cast<std::int64_t>(chosen[i]));
    float* other = pixels(population, static_cast<std::int64_t>(chosen[i + 1]));
    const std::int64_t cut = below(random, values);
    std::swap_ranges(one + cut, one + values, other + cut);
  }
}

/// A share of all pixels, of which one may be drawn twice, becomes even draws.
void redraw_pixels(torch::Tensor& population, double share, RandomStream& random) {
  auto* values = population.data_ptr<float>();
  for (std::int64_t left = share_of(share, population.numel()); left > 0; --left) {
    const std::int64_t place = below(random, population.numel());
    values[place] = unit_pixel(random.uniform());
  }
}

/// The `count` fittest, the first of equals first.
std::vector<std::int64_t> fittest(const torch::Tensor& fitness, std::int64_t count) {
  const torch::Tensor values = fitness.contiguous();
  const auto* value = values.data_ptr<double>();
  std::vector<std::int64_t> order(static_cast<std::size_t>(values.numel()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return value[a] > value[b]; });
  order.resize(static_cast<std::size_t>(count));
  return order;
}

/// `count` individuals, those at `rows` in turn.
torch::Tensor copies(const torch::Tensor& individuals, const std::vector<std::int64_t>& rows, std::int64_t count) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = rows[i % rows.size()];
  return individuals.index_select(0, torch::tensor(all));
}

/// Deb's polynomial mutation of a value in [0,1], kept there: larger strengths change less.
float mutated(float value, double strength, RandomStream& random) {
  const double draw = random.uniform(), power = 1 / (strength + 1);
  const double change = draw < 0.5 ? std::pow(2 * draw, power) - 1 : 1 - std::pow(2 * (1 - draw), power);
  return unit_pixel(static_cast<double>(value) + change);
}

/// One image of each niche, the fittest so far.
class Archive {
 public:
  Archive(at::IntArrayRef shape, std::int64_t niches)
      : fitness_(static_cast<std::size_t>(niches), -std::numeric_limits<double>::infinity()),
        images_(torch::zeros(sizes_of(niches, shape))) {}

  /// `fitness` [m, niches] of candidates [m,C,H,W].
  void offer(const torch::Tensor& candidates, const torch::Tensor& fitness) {
    for (std::size_t niche = 0; niche < fitness_.size(); ++niche) {
      const auto column = static_cast<std::int64_t>(niche);
      const std::int64_t best = fittest(fitness.select(1, column), 1)[0];
      const double found = fitness[best][column].item<double>();
      if (found <= fitness_[niche]) continue;
      fitness_[niche] = found;
      images_[column].copy_(candidates[best]);
    }
  }

  /// The niches whose images are not fit `enough`.
  std::vector<std::int64_t> unfit(double enough) const {
    std::vector<std::int64_t> niches;
    for (std::size_t niche = 0; niche < fitness_.size(); ++niche) {
      if (fitness_[niche] < enough) niches.push_back(static_cast<std::int64_t>(niche));
    }
    return niches;
  }
  const std::vector<double>& fitness() const { return fitness_; }
  const torch::Tensor& images() const { return images_; }

 private:
  std::vector<double> fitness_;
  torch::Tensor images_;
};

/// Changed copies of images of the archive, each of one of those at `niches`.
torch::Tensor children_of(const Archive& archive, const std::vector<std::int64_t>& niches,
                          const FoolingOptions& options, double chance, RandomStream& random) {
  std::vector<std::int64_t> parents(static_cast<std::size_t>(options.population));
  for (std::int64_t& parent : parents) parent = niches[random.below(niches.size())];
  torch::Tensor children = copies(archive.images(), parents, options.population);
  auto* value = children.data_ptr<float>();
  for (std::int64_t i = 0; i < children.numel(); ++i) {
    if (random.uniform() < chance) value[i] = mutated(value[i], options.strength, random);
  }
  return children;
}

torch::Tensor even_images(at::IntArrayRef shape, std::int64_t count, RandomStream& random) {
  torch::Tensor images = torch::empty(sizes_of(count, shape));
  auto* value = images.data_ptr<float>();
  for (std::int64_t i = 0; i < images.numel(); ++i) value[i] = unit_pixel(random.uniform());
  return images;
}

torch::Tensor normal_noise(at::IntArrayRef shape, RandomStream random) {
  torch::Tensor noise = torch::empty(shape);
  fill_normal(noise, kNoiseDeviation, random);
  return noise.clamp_(0, 1);
}

/// Fitness of candidates in every class, whose logits are finite.
torch::Tensor class_fitness(Classifier& classifier, const torch::Tensor& candidates) {
  return fitness_of(Batch(classifier, candidates, Goal::towards(0, candidates.size(0))).logits(candidates));
}

/// A part of the endless row.
class Row {
 public:
  Row(Classifier& classifier, at::IntArrayRef shape, const FoolingOptions& options, Seed seed)
      : classifier_(classifier),
        shape_(shape.vec()),
        options_(options),
        seed_(seed.child("fooling")),
        classes_(class_fitness(classifier, torch::zeros(shape).unsqueeze(0)).size(1)) {}

  /// The pieces of work that images `begin` to `end` take: images, or of map-elites archives.
  std::pair<std::int64_t, std::int64_t> pieces(std::int64_t begin, std::int64_t end) const {
    if (!archives()) return {begin, end};
    return {begin / classes_, (end + classes_ - 1) / classes_};
  }
  std::int64_t first_image(std::int64_t piece) const { return archives() ? piece * classes_ : piece; }
  std::int64_t class_of(std::int64_t image) const { return image % classes_; }

  /// The images of a piece, from `first_image(piece)` on.
  torch::Tensor made(std::int64_t piece) const {
    if (archives()) {
      const auto fitness = [&](const torch::Tensor& candidates) { return class_fitness(classifier_, candidates); };
      return illuminate(shape_, options_, fitness, RandomStream(start_seed(piece))).images;
    }
    const std::int64_t wanted = class_of(piece);
    const Seed start = start_seed(piece / classes_);
    const auto fitness = [&](const torch::Tensor& candidates) {
      return class_fitness(classifier_, candidates).select(1, wanted);
    };
    return breed(normal_noise(shape_, RandomStream(start.child("noise"))), options_, fitness,
                 RandomStream(start.child("class").child(static_cast<std::uint64_t>(wanted))))
        .images;
  }

  /// `images` as they are judged one by one, begin being the number of the first.
  FoolingImages judged(const torch::Tensor& images, std::int64_t begin, int threads) const {
    const std::int64_t count = images.size(0);
    FoolingImages result{images,
                         torch::arange(begin, begin + count).remainder(classes_),
                         torch::empty({count}, torch::kInt64),
                         torch::empty({count}, torch::kFloat64),
                         {}};
    in_batches(classifier_, count, 1, threads, [&](std::int64_t i, std::int64_t next) {
      const torch::Tensor fitness = class_fitness(classifier_, images.slice(0, i, next))[0];
      result.predicted.data_ptr<std::int64_t>()[i] = fitness.argmax().item<std::int64_t>();
      result.confidences.data_ptr<double>()[i] = std::exp(fitness[class_of(begin + i)].item<double>());
    });
    result.success = (result.predicted == result.targets) & (result.confidences >= options_.confidence);
    return result;
  }

 private:
  bool archives() const { return options_.engine == "map-elites"; }
  Seed start_seed(std::int64_t start) const { return seed_.child(static_cast<std::uint64_t>(start)); }

  Classifier& classifier_;
  std::vector<std::int64_t> shape_;
  const FoolingOptions& options_;
  Seed seed_;
  std::int64_t classes_;
};

}  // namespace

void GeneticOptions::describe(Fields& fields) {
  const char* const notebook = "uniform-svdd, its notebook";
  fields.add({"confidence",
              &confidence,
              "",
              "softmax of the class to be reached",
              "uniform-svdd, of MNIST",
              {0.5, 1, false, true}});
  fields.add({"generations",
              &generations,
              "generations",
              "most of them",
              "ours; uniform-svdd's notebook takes 200",
              {1, 1e9}});
  fields.add({"population", &population, "images", "judged in a generation", notebook, {1, 100000}});
  fields.add({"elite", &elite, "images", "that the next population is copied from", notebook, {1, 100000}});
  fields.add({"crossover", &crossover, "of the population", "images that exchange tails, in pairs", notebook, {0, 1}});
  fields.add({"mutation", &mutation, "of all pixels", "pixels drawn anew", notebook, {0, 1}});
}

void GeneticOptions::settle() const {
  ensure(elite <= population, "elite: expected at most the population, {}, found {}", population, elite);
}

double GeneticOptions::enough() const { return std::log(confidence + 0.01 * (1 - confidence)); }

void FoolingOptions::describe(Fields& fields) {
  const char* const paper = "Nguyen et al. 2015";
  fields.add({"engine", &engine, "", "how images are found", "ours", {}, {"map-elites", "ga"}});
  GeneticOptions::describe(fields);
  fields.add({"chance", &chance, "", "of a pixel to change, of map-elites", paper, {0, 1, true}});
  fields.add({"halving", &halving, "generations", "after which the chance is halved", paper, {1, 1e9}});
  fields.add({"strength", &strength, "", "of polynomial mutation", paper, {0, 1000}});
}

torch::Tensor fitness_of(const torch::Tensor& logits) { return logits.to(torch::kFloat64).log_softmax(1); }

Bred breed(const torch::Tensor& start, const GeneticOptions& options, const Fitness& fitness, RandomStream random,
           const WatchGenerations& watch) {
  Bred result{start.unsqueeze(0).contiguous(), {fitness(start.unsqueeze(0)).item<double>()}};
  double& best = result.fitness[0];
  torch::Tensor population = copies(result.images, {0}, options.population);
  for (std::int64_t generation = 1; generation <= options.generations && best < options.enough(); ++generation) {
    torch::Tensor children = population.clone();
    exchange_tails(children, options.crossover, random);
    redraw_pixels(children, options.mutation, random);
    const torch::Tensor found = fitness(children);
    const std::vector<std::int64_t> chosen = fittest(found, options.elite);
    if (const double now = found[chosen[0]].item<double>(); now >= best) {
      best = now;
      result.images = copies(children, chosen, 1);
      population = copies(children, chosen, options.population);
    }
    if (watch) watch(generation, result.fitness);
  }
  return result;
}

Bred illuminate(at::IntArrayRef shape, const FoolingOptions& options, const Fitness& fitness, RandomStream random,
                const WatchGenerations& watch) {
  const torch::Tensor first = even_images(shape, options.population, random);
  const torch::Tensor found = fitness(first);
  Archive archive(shape, found.size(1));
  archive.offer(first, found);
  for (std::int64_t generation = 1; generation <= options.generations; ++generation) {
    const std::vector<std::int64_t> unfit = archive.unfit(options.enough());
    if (unfit.empty()) break;
    const double chance = options.chance * std::pow(0.5, static_cast<double>((generation - 1) / options.halving));
    const torch::Tensor children = children_of(archive, unfit, options, chance, random);
    archive.offer(children, fitness(children));
    if (watch) watch(generation, archive.fitness());
  }
  return {archive.images(), archive.fitness()};
}

FoolingImages fooling_images(Classifier& classifier, at::IntArrayRef shape, std::int64_t begin, std::int64_t end,
                             const FoolingOptions& options, Seed seed, int threads, Progress& progress) {
  ensure(0 <= begin && begin < end, "expected at least one fooling image, found {} to {}", begin, end);
  const Row row(classifier, shape, options, seed);
  const auto [first, last] = row.pieces(begin, end);
  torch::Tensor images = torch::empty(sizes_of(end - begin, shape));
  progress.begin("fooling images", static_cast<std::size_t>(end - begin));
  SharedProgress shared(progress);
  const std::int64_t offset = first;
  in_batches(classifier, last - first, 1, threads, [&](std::int64_t i, std::int64_t) {
    const torch::Tensor made = row.made(offset + i);
    const std::int64_t at = row.first_image(offset + i);
    const std::int64_t from = std::max(begin, at), to = std::min(end, at + made.size(0));
    images.slice(0, from - begin, to - begin).copy_(made.slice(0, from - at, to - at));
    shared.advance(static_cast<std::size_t>(to - from));
  });
  progress.end();
  return row.judged(images, begin, threads);
}

}  // namespace deepmine
