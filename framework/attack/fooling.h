#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "framework/core/progress.h"
#include "framework/core/seed.h"
#include "framework/core/spec.h"
#include "framework/model/classifier.h"

namespace deepmine {

/// Options of the genetic algorithm.
struct GeneticOptions {
  double confidence = 0.9999;
  std::int64_t generations = 2000;
  std::int64_t population = 50;
  std::int64_t elite = 5;
  double crossover = 0.05;
  double mutation = 0.015;

  void describe(Fields& fields);
  /// Throws `Error` for an elite larger than the population.
  void settle() const;
  /// The fitness to be reached: that of the confidence and a hundredth of what it lacks of 1, lest rounding in another
  /// batch take an image below.
  double enough() const;
};

/// What is asked of candidates [m,C,H,W] in one pass: their fitness, float64 [m], or in every niche, [m, niches].
using Fitness = std::function<torch::Tensor(const torch::Tensor& candidates)>;
/// Told the number of a generation, from 1, and the best fitness so far, of each niche.
using WatchGenerations = std::function<void(std::int64_t generation, const std::vector<double>& best)>;

/// The best images found, one of each niche.
struct Bred {
  torch::Tensor images;         ///< float32 [niches,C,H,W] in [0,1]
  std::vector<double> fitness;  ///< [niches]
};

/// Natural logarithms of the softmax of logits [m, classes], float64: fitness that rises where the softmax of an
/// unlikely class is 0 in float32.
torch::Tensor fitness_of(const torch::Tensor& logits);

/// A plain elitist genetic algorithm on pixels: from `population` copies of `start` [C,H,W], each generation exchanges
/// tails of pairs of individuals and sets pixels of individuals to even draws, and the best `elite` in equal numbers of
/// copies are the next population. A generation whose best is worse than the best before is taken back. Ends when the
/// best is fit `enough`. One niche. Costs one pass of `population` images a generation, and one of `start`.
///
/// Source: uniform-svdd's notebook (Nguyen, Yosinski, Clune 2015, direct encoding, in its words). differs from it in:
/// goes on until the confidence is reached, where the notebook takes 0.1 after generation 150; its call exchanges the
/// two rates, and so do the defaults here: exchanges of 0.05, mutations of 0.015.
Bred breed(const torch::Tensor& start, const GeneticOptions& options, const Fitness& fitness, RandomStream random,
           const WatchGenerations& watch = {});

/// Options of fooling images.
struct FoolingOptions : GeneticOptions {
  std::string engine = "map-elites";
  double chance = 0.1;
  std::int64_t halving = 1000;
  double strength = 15;

  void describe(Fields& fields);
};

/// MAP-Elites on pixels: an archive of one image for each niche, the fittest so far. From `population` images of even
/// draws, each generation makes `population` children, each of one of the archive's images that are not fit `enough`,
/// drawn at random, and each child takes the place of every image that it surpasses in its niche: one pass serves all.
/// A pixel changes with probability `chance`, halved every `halving` generations, by polynomial mutation. Ends when
/// every niche's image is fit `enough`. Images are of `shape`, [C,H,W].
///
/// Source: Nguyen, Yosinski, Clune 2015, section 2 and appendix, direct encoding; polynomial mutation of Deb 2001 as in
/// Sferes. differs from it in: ends at the confidence, and until then images that have it are no parents; generations
/// are of `population` images.
Bred illuminate(at::IntArrayRef shape, const FoolingOptions& options, const Fitness& fitness, RandomStream random,
                const WatchGenerations& watch = {});

/// Images without meaning that a classifier is sure of.
struct FoolingImages {
  torch::Tensor images;       ///< float32 [N,C,H,W] in [0,1], those of failures too
  torch::Tensor targets;      ///< int64 [N], the class each was to be taken for
  torch::Tensor predicted;    ///< int64 [N]
  torch::Tensor confidences;  ///< float64 [N], softmax of the target, each image judged alone
  torch::Tensor success;      ///< bool [N]: taken for the target, with the confidence asked for
};

/// The fooling images `begin` to `end` of an endless row whose image i is of class i mod classes: from start or archive
/// i / classes, whose draws hang on `seed` and that number, of the genetic algorithm on the class, too. So what comes
/// out hangs on no `threads`, nor on where the row is cut. The genetic algorithm starts from normal noise of deviation
/// 2.5, cut off to [0,1]. `shape` is that of an image, [C,H,W]. Progress is told in images. Throws `Error` for an empty
/// row and logits that are not finite, and `Interrupted`.
FoolingImages fooling_images(Classifier& classifier, at::IntArrayRef shape, std::int64_t begin, std::int64_t end,
                             const FoolingOptions& options, Seed seed, int threads, Progress& progress);

}  // namespace deepmine
