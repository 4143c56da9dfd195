#include <algorithm>
#include <cmath>
#include <functional>

#include "framework/attack/attack.h"

namespace deepmine {
namespace {

using Numbers = std::vector<double>;

std::int64_t count_of(const torch::Tensor& images) { return images.size(0); }
const float* pixels(const torch::Tensor& images, std::int64_t i) {
  return images.data_ptr<float>() + i * images[0].numel();
}
float* pixels(torch::Tensor& images, std::int64_t i) { return images.data_ptr<float>() + i * images[0].numel(); }

torch::Tensor rows_of(const std::vector<std::int64_t>& rows) { return torch::tensor(rows, torch::kInt64); }

/// HopSkipJump, which sees nothing of a model but the class it gives: a point on the boundary is moved along the normal
/// of the boundary, estimated from the classes of points around it, as far as halving a step allows, and back to the
/// boundary by bisection towards the clean image. Costs per image about 20 forward passes for the start, and for step t
/// the root of t times `evaluations` and about 20: 18,000 with the defaults. An image's points around it are one batch,
/// other passes are of all images together.
///
/// Source: Chen, Jordan, Wainwright 2020, algorithms 1 and 2, with the settings of their code; the start is Foolbox's
/// blended noise.
/// differs from it in: an image's draws come from the seed and its pixels; an image that meets the goal as it is costs
/// one query and no distance; where noise of single pixels does not meet the goal, noise of blocks of 2, 4, ... pixels
/// is tried in turn, towards a target as well, for which the paper is given an image; the nearest point of all steps is
/// the result, put off by a ten-thousandth of its distance, lest rounding in another batch take it over the boundary; a
/// bisection ends at a hundredth for images of very few values.
class HopSkipJump : public MinimalDistanceAttack {
 public:
  struct Options {
    std::string norm = "l2";
    std::int64_t steps = 40;
    std::int64_t evaluations = 100;
    std::int64_t max_evaluations = 10000;
    double gamma = 1;
    std::int64_t starts = 1000;
    std::int64_t seed = 0;

    void describe(Fields& fields) {
      const char* const source = "Chen et al. 2020, their code";
      fields.add({"norm", &norm, "", "norm of the distance", source, {}, {"l2", "linf"}});
      fields.add({"steps", &steps, "steps", "number of steps", source, {1, 100000}});
      fields.add({"evaluations", &evaluations, "forward passes",
                  "points around the image in step 1; the root of t times as many in step t", source, {1, 1e6}});
      fields.add({"max-evaluations", &max_evaluations, "forward passes", "most points in a step", source, {1, 1e6}});
      fields.add({"gamma", &gamma, "", "width of bisections, and of the points around, in units of the paper's", source,
                  {0, 1e6, true}});
      fields.add({"starts", &starts, "forward passes", "most images of noise tried for a start", "ours", {1, 1e6}});
      fields.add({"seed", &seed, "", "seed of the draws", "ours", {0, 1e15}});
    }
  };
  explicit HopSkipJump(Options options) : options_(std::move(options)) {}

  bool clips() const override { return true; }
  bool needs_gradient() const override { return false; }

 protected:
  Found search(const Batch& batch) const override {
    Found found{batch.images().clone(at::MemoryFormat::Contiguous), batch.met(batch.images())};
    const torch::Tensor rows = rows_where(~found.any);
    if (rows.size(0) == 0) return found;
    const Seed seed = Seed(static_cast<std::uint64_t>(options_.seed)).child("hopskipjump");
    std::vector<RandomStream> random = batch.only(rows).randoms(seed);
    auto [starting, any] = start(batch.only(rows), random);
    const torch::Tensor started = rows_where(any);
    if (started.size(0) == 0) return found;
    Walk walk(batch.only(rows.index_select(0, started)), starting.index_select(0, started));
    for (std::int64_t i = 0; i < count_of(started); ++i) {
      walk.random.push_back(random[static_cast<std::size_t>(started[i].item<std::int64_t>())]);
    }
    to_boundary(walk, blended(walk.batch, walk.x));
    for (std::int64_t t = 1; t <= options_.steps; ++t) {
      to_boundary(walk, stepped(walk, t));
      batch.report(static_cast<double>(t) / static_cast<double>(options_.steps));
    }
    const torch::Tensor back = rows.index_select(0, started);
    found.images.index_copy_(0, back, put_off(walk));
    found.any.index_fill_(0, back, true);
    return found;
  }

 private:
  /// Images on their way, each on the far side of the boundary.
  struct Walk {
    Walk(Batch images, torch::Tensor start)
        : batch(std::move(images)),
          clean(batch.images().contiguous()),
          x(std::move(start)),
          nearest(x.clone()),
          span(static_cast<std::size_t>(batch.size())),
          distance(span.size(), std::numeric_limits<double>::infinity()) {}
    Batch batch;
    torch::Tensor clean, x, nearest;
    Numbers span;      ///< [n], distance of the point from which `x` was found
    Numbers distance;  ///< [n], of `nearest`
    std::vector<RandomStream> random;
  };
  /// Writes the image at a share of the way that image `i` may go.
  using Place = std::function<void(std::int64_t i, double share, float* to)>;

  bool l2() const { return options_.norm == "l2"; }
  /// The paper's theta, in units of the distance.
  double width(std::int64_t values) const {
    const auto d = static_cast<double>(values);
    return std::min(0.01, options_.gamma / (l2() ? d * std::sqrt(d) : d * d));
  }

  double distance(const float* a, const float* b, std::int64_t values) const {
    double square = 0, largest = 0;
    for (std::int64_t k = 0; k < values; ++k) {
      const double change = std::abs(static_cast<double>(a[k]) - static_cast<double>(b[k]));
      square += change * change;
      largest = std::max(largest, change);
    }
    return l2() ? std::sqrt(square) : largest;
  }

  /// Noise that meets the goal, and for which images there is any, bool [n].
  std::pair<torch::Tensor, torch::Tensor> start(const Batch& batch, std::vector<RandomStream>& random) const {
    torch::Tensor noise = torch::empty_like(batch.images(), at::MemoryFormat::Contiguous);
    torch::Tensor any = torch::zeros({batch.size()}, torch::kBool);
    for (std::int64_t draw = 0; draw < options_.starts; ++draw) {
      const torch::Tensor rows = rows_where(~any);
      if (rows.size(0) == 0) break;
      for (std::int64_t i = 0; i < rows.size(0); ++i) {
        const auto row = rows[i].item<std::int64_t>();
        fill_blocks(noise[row], draw, random[static_cast<std::size_t>(row)]);
      }
      any.index_copy_(0, rows, batch.only(rows).met(noise.index_select(0, rows)));
    }
    return {noise, any};
  }

  /// Uniform noise in blocks of 1 pixel, then 2, 4, ... up to the image, and again.
  static void fill_blocks(torch::Tensor image, std::int64_t draw, RandomStream& random) {
    const std::int64_t height = image.size(1), width = image.size(2);
    std::int64_t sizes = 1;
    while ((std::int64_t{1} << (sizes - 1)) < std::max(height, width)) ++sizes;
    const std::int64_t block = std::int64_t{1} << (draw % sizes);
    for (std::int64_t c = 0; c < image.size(0); ++c) {
      for (std::int64_t y = 0; y < height; y += block) {
        for (std::int64_t x = 0; x < width; x += block) {
          image[c]
              .slice(0, y, std::min(y + block, height))
              .slice(1, x, std::min(x + block, width))
              .fill_(random.uniform());
        }
      }
    }
  }

  /// The least shares, from 0 to `high`, at which the images meet the goal, each to within its `tolerance`; they meet
  /// it at `high`.
  static Numbers bisect(const Batch& batch, Numbers high, const Numbers& tolerance, const Place& place) {
    Numbers low(high.size(), 0);
    for (;;) {
      std::vector<std::int64_t> open;
      for (std::size_t i = 0; i < high.size(); ++i) {
        if (high[i] - low[i] > tolerance[i]) open.push_back(static_cast<std::int64_t>(i));
      }
      if (open.empty()) return high;
      const Batch active = batch.only(rows_of(open));
      torch::Tensor tried = torch::empty_like(active.images(), at::MemoryFormat::Contiguous);
      const auto middle = [&](std::int64_t i) {
        return (low[static_cast<std::size_t>(i)] + high[static_cast<std::size_t>(i)]) / 2;
      };
      for (std::size_t k = 0; k < open.size(); ++k) {
        place(open[k], middle(open[k]), pixels(tried, static_cast<std::int64_t>(k)));
      }
      const torch::Tensor met = active.met(tried);
      for (std::size_t k = 0; k < open.size(); ++k) {
        const auto i = static_cast<std::size_t>(open[k]);
        (met[static_cast<std::int64_t>(k)].item<bool>() ? high : low)[i] = middle(open[k]);
      }
    }
  }

  static void blend(const float* clean, const float* far, double share, std::int64_t values, float* to) {
    for (std::int64_t k = 0; k < values; ++k) to[k] = unit_pixel((1 - share) * clean[k] + share * far[k]);
  }

  /// As little of the noise as a thousandth tells, mixed into the clean images.
  static torch::Tensor blended(const Batch& batch, const torch::Tensor& noise) {
    const torch::Tensor clean = batch.images().contiguous();
    torch::Tensor result = torch::empty_like(noise);
    const Place place = [&](std::int64_t i, double share, float* to) {
      blend(pixels(clean, i), pixels(noise, i), share, noise[0].numel(), to);
    };
    const Numbers shares = bisect(batch, Numbers(static_cast<std::size_t>(count_of(noise)), 1),
                                  Numbers(static_cast<std::size_t>(count_of(noise)), 0.001), place);
    for (std::int64_t i = 0; i < count_of(noise); ++i) place(i, shares[static_cast<std::size_t>(i)], pixels(result, i));
    return result;
  }

  /// Moves the walk to the boundary between the clean images and `far`: in L2 along a line, in L-infinity by a box that
  /// shrinks around the clean image.
  void to_boundary(Walk& walk, const torch::Tensor& far) const {
    constexpr double kFinest = 1e-9;  // float32 tells no more
    const std::int64_t values = far[0].numel();
    const double width = std::max(this->width(values), kFinest);
    Numbers high, tolerance;
    for (std::int64_t i = 0; i < count_of(far); ++i) {
      const double span = distance(pixels(far, i), pixels(walk.clean, i), values);
      walk.span[static_cast<std::size_t>(i)] = span;
      high.push_back(l2() ? 1 : span);
      tolerance.push_back(l2() ? width : width * span);
    }
    const Place place = [&](std::int64_t i, double share, float* to) {
      const float *clean = pixels(walk.clean, i), *from = pixels(far, i);
      if (l2()) return blend(clean, from, share, values, to);
      for (std::int64_t k = 0; k < values; ++k) {
        const double middle = clean[k];
        to[k] = unit_pixel(std::clamp<double>(from[k], middle - share, middle + share));
      }
    };
    const Numbers shares = bisect(walk.batch, high, tolerance, place);
    for (std::int64_t i = 0; i < count_of(far); ++i) {
      const auto k = static_cast<std::size_t>(i);
      place(i, shares[k], pixels(walk.x, i));
      const double now = distance(pixels(walk.x, i), pixels(walk.clean, i), values);
      if (now >= walk.distance[k]) continue;
      walk.distance[k] = now;
      std::copy_n(pixels(walk.x, i), values, pixels(walk.nearest, i));
    }
  }

  /// The walk's points moved along the normal: a root of `t`-th of their distance, halved until they meet the goal.
  torch::Tensor stepped(Walk& walk, std::int64_t t) const {
    constexpr int kHalvings = 30;  // float32 holds no smaller step
    const std::int64_t count = count_of(walk.x), values = walk.x[0].numel();
    torch::Tensor result = walk.x.clone();
    std::vector<Numbers> normals;
    Numbers size;
    std::vector<std::int64_t> open;
    for (std::int64_t i = 0; i < count; ++i) {
      normals.push_back(normal(walk, i, t));
      size.push_back(distance(pixels(walk.x, i), pixels(walk.clean, i), values) / std::sqrt(static_cast<double>(t)));
      open.push_back(i);
    }
    for (int halving = 0; halving < kHalvings && !open.empty(); ++halving) {
      const Batch active = walk.batch.only(rows_of(open));
      torch::Tensor tried = torch::empty_like(active.images(), at::MemoryFormat::Contiguous);
      for (std::size_t k = 0; k < open.size(); ++k) {
        const auto i = static_cast<std::size_t>(open[k]);
        const float* from = pixels(walk.x, open[k]);
        float* to = pixels(tried, static_cast<std::int64_t>(k));
        const double* along = normals[i].data();
        for (std::int64_t v = 0; v < values; ++v) to[v] = unit_pixel(from[v] + size[i] * along[v]);
        size[i] /= 2;
      }
      const torch::Tensor met = active.met(tried);
      result.index_copy_(0, rows_of(open).index_select(0, rows_where(met)), tried.index_select(0, rows_where(met)));
      std::vector<std::int64_t> left;
      for (std::size_t k = 0; k < open.size(); ++k) {
        if (!met[static_cast<std::int64_t>(k)].item<bool>()) left.push_back(open[k]);
      }
      open = std::move(left);
    }
    return result;
  }

  /// The direction in which a point's goal is met, from the classes of points around it; in L-infinity its signs. 0
  /// where the points tell nothing.
  Numbers normal(Walk& walk, std::int64_t i, std::int64_t t) const {
    const std::int64_t values = walk.x[0].numel();
    const auto grown = static_cast<double>(options_.evaluations) * std::sqrt(static_cast<double>(t));
    const auto evaluations = static_cast<std::int64_t>(std::min(grown, static_cast<double>(options_.max_evaluations)));
    const auto d = static_cast<double>(values);
    const double radius =
        t == 1 ? 0.1 : (l2() ? std::sqrt(d) : d) * width(values) * walk.span[static_cast<std::size_t>(i)];
    Numbers all(static_cast<std::size_t>(values)), for_goal(all.size());
    double met = 0;
    const std::int64_t most = images_at_once(walk.x[0]);
    for (std::int64_t done = 0; done < evaluations && radius > 0; done += most) {
      met += add_around(walk, i, radius, std::min(most, evaluations - done), all, for_goal);
    }
    // Minus the mean over all points, unless these agree.
    const double share = met / static_cast<double>(evaluations), weight = share == 1 ? 0 : share == 0 ? 1 : share;
    double square = 0;
    for (std::size_t k = 0; k < all.size(); ++k) {
      for_goal[k] -= weight * all[k];
      square += for_goal[k] * for_goal[k];
    }
    if (square == 0) return for_goal;
    const double length = std::sqrt(square);
    for (double& value : for_goal) value = l2() ? value / length : static_cast<double>((value > 0) - (value < 0));
    return for_goal;
  }

  /// Tries `count` points on a sphere around image `i`, and adds up the directions of all of them and of those that
  /// meet the goal; how many do.
  double add_around(Walk& walk, std::int64_t i, double radius, std::int64_t count, Numbers& all,
                    Numbers& for_goal) const {
    const std::int64_t values = walk.x[0].numel();
    RandomStream& random = walk.random[static_cast<std::size_t>(i)];
    const float* center = pixels(walk.x, i);
    torch::Tensor tried = walk.x[i].unsqueeze(0).repeat({count, 1, 1, 1});
    torch::Tensor draws = torch::empty({values});
    for (std::int64_t n = 0; n < count; ++n) {
      l2() ? fill_normal(draws, 1, random) : fill_uniform(draws, 1, random);
      const auto* draw = draws.data_ptr<float>();
      double square = 0;
      for (std::int64_t k = 0; k < values; ++k) square += static_cast<double>(draw[k]) * static_cast<double>(draw[k]);
      const double scale = square > 0 ? radius / std::sqrt(square) : 0;
      float* point = pixels(tried, n);
      for (std::int64_t k = 0; k < values; ++k) point[k] = unit_pixel(center[k] + scale * draw[k]);
    }
    const torch::Tensor met = walk.batch.only(torch::full({count}, i, torch::kInt64)).met(tried);
    double number = 0;
    for (std::int64_t n = 0; n < count; ++n) {
      const bool meets = met[n].item<bool>();
      const float* point = pixels(tried, n);
      number += meets ? 1 : 0;
      for (std::int64_t k = 0; k < values; ++k) {
        const double change = static_cast<double>(point[k]) - static_cast<double>(center[k]);
        all[static_cast<std::size_t>(k)] += change;
        if (meets) for_goal[static_cast<std::size_t>(k)] += change;
      }
    }
    return number;
  }

  /// The nearest points, a little farther where they still meet the goal.
  static torch::Tensor put_off(const Walk& walk) {
    constexpr double kFarther = 1e-4;
    torch::Tensor result = torch::empty_like(walk.nearest);
    for (std::int64_t i = 0; i < count_of(result); ++i) {
      blend(pixels(walk.clean, i), pixels(walk.nearest, i), 1 + kFarther, result[0].numel(), pixels(result, i));
    }
    return torch::where(per_image(walk.batch.met(result)), result, walk.nearest);
  }

  Options options_;
};

DEEPMINE_ATTACK(HopSkipJump, "hopskipjump", "HopSkipJump, from the model's decisions alone");

}  // namespace
}  // namespace deepmine
