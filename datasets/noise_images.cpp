#include "datasets/noise_images.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/core/memory.h"
#include "framework/core/seed.h"

namespace deepmine {
namespace {

constexpr std::int64_t kLargestSide = 1 << 12;

void draw_image(RandomStream random, const ByteChances& upto, std::uint8_t* begin, std::uint8_t* end) {
  for (std::uint8_t* value = begin; value != end; ++value) {
    // The draw is below 1, which is the last.
    const auto place = std::upper_bound(upto.begin(), upto.end(), random.uniform());
    *value = static_cast<std::uint8_t>(place - upto.begin());
  }
}

}  // namespace

void NoiseOptions::describe(Fields& fields) {
  fields.add({"n", &n, "images", "how many", "Liang et al. 2018 (ODIN)", {1, 1e7}});
  fields.add({"shape", &shape, "", "CHANNELSxHEIGHTxWIDTH of an image", "Liang et al. 2018 (ODIN): as CIFAR-10's"});
  fields.add({"seed", &seed, "", "where the draws come from", "ours", {0, 9e15}});
}

std::array<std::int64_t, 3> NoiseOptions::sizes() const {
  std::array<std::int64_t, 3> result{};
  std::string_view rest = shape;
  for (std::int64_t& size : result) {
    const std::string_view piece = rest.substr(0, rest.find('x'));
    const bool last = &size == &result.back();
    ensure((piece.size() == rest.size()) == last, "shape: expected CHANNELSxHEIGHTxWIDTH, e.g. 3x32x32, found \"{}\"",
           shape);
    size = parse_integer(piece, "shape");
    ensure(size >= 1 && size <= kLargestSide, "shape: expected numbers from 1 to {}, found {}", kLargestSide, size);
    rest.remove_prefix(last ? rest.size() : piece.size() + 1);
  }
  return result;
}

void NoiseOptions::settle() {
  const auto [channels, height, width] = sizes();
  shape = fmt::format("{}x{}x{}", channels, height, width);
}

Dataset draw_noise(std::string_view name, Part part, const NoiseOptions& options, const ByteChances& upto) {
  const auto [channels, height, width] = options.sizes();
  const std::int64_t values = channels * height * width;
  ensure_memory(held_memory() + static_cast<std::uint64_t>(options.n) * static_cast<std::uint64_t>(values),
                "lower n or shape");
  Dataset result{
      std::string(name), part, torch::empty({options.n, channels, height, width}, torch::kUInt8), {}, {}, {}};
  auto* bytes = result.images.data_ptr<std::uint8_t>();
  const Seed seed = Seed(static_cast<std::uint64_t>(options.seed)).child(name).child(name_of(part));
  for (std::int64_t i = 0; i < options.n; ++i) {
    throw_if_interrupted();
    draw_image(RandomStream(seed.child(static_cast<std::uint64_t>(i))), upto, bytes + i * values,
               bytes + (i + 1) * values);
  }
  return result;
}

}  // namespace deepmine
