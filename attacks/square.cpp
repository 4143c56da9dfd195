#include <algorithm>
#include <cmath>

#include "framework/attack/attack.h"

namespace deepmine {
namespace {

/// Channels, height and width of an image, whose values lie in that order.
struct Shape {
  explicit Shape(const torch::Tensor& image) : channels(image.size(0)), height(image.size(1)), width(image.size(2)) {}
  std::int64_t channels, height, width;

  std::int64_t plane() const { return height * width; }
  std::size_t values() const { return static_cast<std::size_t>(channels * plane()); }
};

/// A square of pixels.
struct Window {
  std::int64_t top, left, side;
};

/// `total` plus the squares of the values of a plane in the window.
double with_squares(double total, const double* plane, const Shape& shape, const Window& window) {
  for (std::int64_t y = window.top; y < window.top + window.side; ++y) {
    for (std::int64_t x = window.left; x < window.left + window.side; ++x) {
      total += plane[y * shape.width + x] * plane[y * shape.width + x];
    }
  }
  return total;
}

double length(const std::vector<double>& values) {
  double square = 0;
  for (const double value : values) square += value * value;
  return std::sqrt(square);
}

/// The paper's bump of appendix B.2, [height x width] in rows: frames around the middle, each lower than those within.
void add_bump(double* bump, std::int64_t height, std::int64_t width, double sign) {
  const std::int64_t frames = std::max(height / 2, width / 2) + 1;
  for (std::int64_t i = 0; i < frames; ++i) {
    const std::int64_t top = height / 2 - i, left = width / 2 - i;
    for (std::int64_t y = std::max<std::int64_t>(top, 0); y < std::min(top + 2 * i + 1, height); ++y) {
      for (std::int64_t x = std::max<std::int64_t>(left, 0); x < std::min(left + 2 * i + 1, width); ++x) {
        bump[y * width + x] += sign / static_cast<double>((i + 1) * (i + 1));
      }
    }
  }
}

/// Two bumps of one square, one above the other, of length 1 each and opposite signs; then of length 1 together.
std::vector<double> pair_of_bumps(std::int64_t side) {
  const std::int64_t upper = side / 2;
  std::vector<double> above(static_cast<std::size_t>(upper * side)),
      below(static_cast<std::size_t>((side - upper) * side));
  add_bump(above.data(), upper, side, 1);
  add_bump(below.data(), side - upper, side, -1);
  for (std::vector<double>* half : {&above, &below}) {
    const double size = length(*half);
    for (double& value : *half) value /= size;
  }
  above.insert(above.end(), below.begin(), below.end());
  const double size = length(above);
  for (double& value : above) value /= size;
  return above;
}

/// The Square Attack: random search that sees logits only. L-infinity: from vertical stripes of +-epsilon, squares
/// are set to +-epsilon, each channel at random; L2: from a grid of bumps, a square's change is moved into another
/// square. A change is kept when it serves the goal, and squares shrink in the course of the queries. Loss: the margin
/// of logits, towards a target the cross-entropy. Costs one forward pass per query for the images left, an image leaves
/// once it meets the goal.
///
/// Source: Andriushchenko, Croce, Flammarion, Hein 2020, algorithms 1 to 3, with the settings of their code; the
/// schedule is stretched to the number of queries.
/// differs from it in: an image's draws come from the seed and its pixels; an image that meets the goal as it is costs
/// one query and stays; a change that meets the goal is kept whatever its loss, as in AutoAttack; squares reach the
/// last row and column, as in the paper, and are no larger than small images; bumps are turned for every image anew.
class Square : public FixedEpsilonAttack {
 public:
  struct Options {
    double epsilon = 8.0 / 255;
    std::string norm = "linf";
    std::int64_t queries = 5000;
    double p = 0;
    std::int64_t seed = 0;

    void describe(Fields& fields) {
      fields.add({"epsilon", &epsilon, "pixel units of [0,1]", "largest change, in the norm",
                  "Croce, Hein 2020, CIFAR-10", {0, 1000}});
      fields.add({"norm", &norm, "", "norm of the change", "Andriushchenko et al. 2020", {}, {"linf", "l2"}});
      fields.add({"queries", &queries, "forward passes", "most per image, that of the clean image among them",
                  "Croce, Hein 2020", {1, 1e9}});
      fields.add({"p", &p, "share of the image", "size of the first squares; 0: 0.05 in linf, 0.1 in l2",
                  "Andriushchenko et al. 2020, their code", {0, 1}});
      fields.add({"seed", &seed, "", "seed of the draws", "ours", {0, 1e15}});
    }
    void settle() {
      if (p == 0) p = norm == "l2" ? 0.1 : 0.05;
    }
    static Presets presets() {
      return {{"autoattack", "AutoAttack (Croce, Hein 2020)", {{"queries", "5000"}, {"p", "0.8"}}}};
    }
  };
  explicit Square(Options options) : options_(std::move(options)) {}

  bool clips() const override { return true; }
  bool needs_gradient() const override { return false; }
  std::optional<Budget> budget(std::int64_t) const override {
    return Budget{l2() ? Norm::kL2 : Norm::kLinf, options_.epsilon};
  }

 protected:
  Perturbed perturb(const Batch& batch) const override {
    torch::Tensor result = batch.images().clone(at::MemoryFormat::Contiguous);
    torch::Tensor rows = rows_where(~batch.met(batch.images()));
    if (options_.epsilon == 0) return result;
    std::vector<RandomStream> random = batch.randoms(Seed(static_cast<std::uint64_t>(options_.seed)).child("square"));
    torch::Tensor merit = torch::full({batch.size()}, -std::numeric_limits<float>::infinity());
    Batch active = batch.only(rows);
    for (std::int64_t query = 1; query < options_.queries && rows.size(0) > 0; ++query) {
      const torch::Tensor tried = proposals(active, result, rows, random, query);
      const torch::Tensor logits = active.logits(tried), now = merit_of(active.goal(), logits);
      const torch::Tensor met = active.goal().met_by(logits.argmax(1));
      const torch::Tensor better = rows_where(met | (now > merit.index_select(0, rows)));
      result.index_copy_(0, rows.index_select(0, better), tried.index_select(0, better));
      merit.index_copy_(0, rows.index_select(0, better), now.index_select(0, better));
      batch.report(static_cast<double>(query + 1) / static_cast<double>(options_.queries));
      const torch::Tensor left = rows_where(~met);
      if (left.size(0) == rows.size(0)) continue;
      rows = rows.index_select(0, left);
      active = active.only(left);
    }
    return result;
  }

 private:
  bool l2() const { return options_.norm == "l2"; }

  /// What is searched for the highest of, [n].
  static torch::Tensor merit_of(const Goal& goal, const torch::Tensor& logits) {
    if (!goal.targeted) return goal.margin(logits);
    return logits.log_softmax(1).gather(1, goal.classes.unsqueeze(1)).squeeze(1);
  }

  /// The share of the image that squares have at query `query`, where 1 is the first change.
  double share(std::int64_t query) const {
    const double done =
        10000 * static_cast<double>(std::max<std::int64_t>(query - 2, 0)) / static_cast<double>(options_.queries);
    double share = options_.p;
    for (const int end : {10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000}) {
      if (std::floor(done) > end) share /= 2;
    }
    return share;
  }

  std::int64_t side(const Shape& shape, std::int64_t query) const {
    const std::int64_t smallest = l2() ? 3 : 1, largest = std::min(shape.height, shape.width);
    std::int64_t side =
        std::max<std::int64_t>(std::lround(std::sqrt(share(query) * static_cast<double>(shape.plane()))), smallest);
    if (l2() && side % 2 == 0) ++side;
    return std::min(side, largest);
  }

  /// The images tried by query `query`, from the best so far, `best`, of those at `rows`.
  torch::Tensor proposals(const Batch& active, const torch::Tensor& best, const torch::Tensor& rows,
                          std::vector<RandomStream>& random, std::int64_t query) const {
    const torch::Tensor clean = active.images().contiguous();
    torch::Tensor tried = best.index_select(0, rows);
    const Shape shape(tried[0]);
    const std::int64_t side = query == 1 ? std::max<std::int64_t>(shape.height / 5, 1) : this->side(shape, query);
    const std::vector<double> bumps = l2() ? pair_of_bumps(side) : std::vector<double>();
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
      const std::size_t offset = static_cast<std::size_t>(i) * shape.values();
      const float* from = clean.data_ptr<float>() + offset;
      float* to = tried.data_ptr<float>() + offset;
      RandomStream& draws = random[static_cast<std::size_t>(rows[i].item<std::int64_t>())];
      if (query == 1) {
        l2() ? set_grid(to, from, shape, side, bumps, draws) : set_stripes(to, from, shape, draws);
      } else {
        l2() ? move_bumps(to, from, shape, side, bumps, draws) : set_square(to, from, shape, side, draws);
      }
    }
    return tried;
  }

  static double sign(RandomStream& random) { return random.below(2) == 0 ? -1 : 1; }

  static Window window(const Shape& shape, std::int64_t side, RandomStream& random) {
    const auto draw = [&](std::int64_t size) {
      return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(size - side + 1)));
    };
    const std::int64_t top = draw(shape.height);
    return {top, draw(shape.width), side};
  }

  void set_stripes(float* to, const float* clean, const Shape& shape, RandomStream& random) const {
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      for (std::int64_t x = 0; x < shape.width; ++x) {
        const double change = options_.epsilon * sign(random);
        for (std::int64_t i = c * shape.plane() + x; i < (c + 1) * shape.plane(); i += shape.width)
          to[i] = unit_pixel(clean[i] + change);
      }
    }
  }

  /// Signs are drawn until they change the image, which they may not be able to.
  void set_square(float* to, const float* clean, const Shape& shape, std::int64_t side, RandomStream& random) const {
    constexpr int kDraws = 100;
    const Window square = window(shape, side, random);
    bool changed = false;
    for (int draw = 0; draw < kDraws && !changed; ++draw) {
      for (std::int64_t c = 0; c < shape.channels; ++c) {
        const double change = options_.epsilon * sign(random);
        for (std::int64_t y = square.top; y < square.top + side; ++y) {
          for (std::int64_t x = square.left; x < square.left + side; ++x) {
            const std::int64_t i = c * shape.plane() + y * shape.width + x;
            const float value = unit_pixel(clean[i] + change);
            changed = changed || std::abs(value - to[i]) > 1e-7F;
            to[i] = value;
          }
        }
      }
    }
  }

  /// Bumps side by side, a twenty-fifth of a square image each.
  void set_grid(float* to, const float* clean, const Shape& shape, std::int64_t side, const std::vector<double>& bumps,
                RandomStream& random) const {
    std::vector<double> change(shape.values());
    const std::int64_t margin = std::max<std::int64_t>(shape.height - 5 * side, 0) / 2;
    for (std::int64_t top = margin; top + side <= shape.height; top += side) {
      for (std::int64_t left = margin; left + side <= shape.width; left += side) {
        const bool turned = random.below(2) == 1;
        for (std::int64_t c = 0; c < shape.channels; ++c) {
          const double factor = sign(random);
          for (std::int64_t k = 0; k < side * side; ++k) {
            const std::int64_t y = top + k / side, x = left + k % side;
            change[static_cast<std::size_t>(c * shape.plane() + y * shape.width + x)] =
                factor * bump_at(bumps, side, k, turned);
          }
        }
      }
    }
    set_change(to, clean, change);
  }

  /// What two squares hold of the change, and what is left of the budget, goes into the first; algorithm 3.
  void move_bumps(float* to, const float* clean, const Shape& shape, std::int64_t side,
                  const std::vector<double>& bumps, RandomStream& random) const {
    std::vector<double> change(shape.values());
    for (std::size_t i = 0; i < change.size(); ++i)
      change[i] = static_cast<double>(to[i]) - static_cast<double>(clean[i]);
    const double before = length(change);
    const double spare =
        std::max(options_.epsilon * options_.epsilon - before * before, 0.0) / static_cast<double>(shape.channels);
    const Window taken = window(shape, side, random), emptied = window(shape, side, random);
    const bool turned = random.below(2) == 1;
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      double* plane = change.data() + c * shape.plane();
      const double here = std::sqrt(with_squares(0, plane, shape, taken)), factor = sign(random);
      std::vector<double> fresh(bumps.size());
      for (std::int64_t k = 0; k < side * side; ++k) {
        const double old = plane[(taken.top + k / side) * shape.width + taken.left + k % side];
        fresh[static_cast<std::size_t>(k)] = factor * bump_at(bumps, side, k, turned) + old / (1e-10 + here);
      }
      clear(plane, shape, taken);
      const double both = with_squares(here * here, plane, shape, emptied);
      clear(plane, shape, emptied);
      const double size = length(fresh), scale = size > 0 ? std::sqrt(spare + both) / size : 0;
      for (std::int64_t k = 0; k < side * side; ++k) {
        plane[(taken.top + k / side) * shape.width + taken.left + k % side] =
            scale * fresh[static_cast<std::size_t>(k)];
      }
    }
    set_change(to, clean, change);
  }

  static double bump_at(const std::vector<double>& bumps, std::int64_t side, std::int64_t k, bool turned) {
    return bumps[static_cast<std::size_t>(turned ? k % side * side + k / side : k)];
  }

  static void clear(double* plane, const Shape& shape, const Window& window) {
    for (std::int64_t y = window.top; y < window.top + window.side; ++y) {
      std::fill_n(plane + y * shape.width + window.left, window.side, 0.0);
    }
  }

  /// The clean image changed along `change` by epsilon.
  void set_change(float* to, const float* clean, const std::vector<double>& change) const {
    const double size = length(change), scale = size > 0 ? options_.epsilon / size : 0;
    for (std::size_t i = 0; i < change.size(); ++i) to[i] = unit_pixel(clean[i] + scale * change[i]);
  }

  Options options_;
};

DEEPMINE_ATTACK(Square, "square", "Square Attack, random search without gradients");

}  // namespace
}  // namespace deepmine
