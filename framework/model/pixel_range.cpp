#include "framework/model/pixel_range.h"

#include "framework/core/error.h"
#include "framework/core/spec.h"

namespace deepmine {
namespace {

/// Of the width of a range: float32 does not hold every bound, and arithmetic on pixels rounds.
constexpr double kRounding = 1e-6;

struct Extremes {
  float low, high;

  explicit Extremes(const torch::Tensor& images) : low(images.min().item<float>()), high(images.max().item<float>()) {}
  bool inside(double from, double to, double rounding = 0) const {
    return low >= from - rounding && high <= to + rounding;
  }
};

/// What to do about pixels that are not in the range they should be in.
std::string cure(const Extremes& found, const PixelRange& range) {
  const double width = range.high - range.low;
  if (found.inside(range.low, range.high, 0.01 * width))
    return fmt::format("clip them to [{},{}]", range.low, range.high);
  if (!range.is_unit()) return "name their range with --range LOW,HIGH";
  if (found.inside(-1, 1))
    return "for a model that takes pixels from -1 to 1 give --range -1,1, else scale them ((value + 1) / 2)";
  if (found.inside(0, 255))
    return "scale them (value / 255), or for a model that takes pixels from 0 to 255 give --range 0,255";
  return "scale them, or name the range that they have and the model takes with --range LOW,HIGH";
}

void check_kind(const torch::Tensor& images, std::string_view name) {
  ensure(images.dim() == 4 && images.scalar_type() == torch::kFloat32 && images.size(0) > 0 && images.numel() > 0,
         "{}: expected float32 images [N,C,H,W], found {} axes of type {}", name, images.dim(),
         c10::toString(images.scalar_type()));
  ensure(torch::isfinite(images).all().item<bool>(), "{}: expected finite pixels, found NaN or infinity", name);
}

}  // namespace

PixelRange PixelRange::parse(const std::string& text, std::string_view option) {
  const std::size_t comma = text.find(',');
  ensure(comma != std::string::npos, "{}: expected LOW,HIGH, found \"{}\"", option, text);
  const PixelRange range{parse_real(text.substr(0, comma), option), parse_real(text.substr(comma + 1), option)};
  ensure(range.low < range.high, "{}: expected LOW below HIGH, found \"{}\"", option, text);
  return range;
}

torch::Tensor PixelRange::from_unit(const torch::Tensor& images) const {
  return is_unit() ? images : images * (high - low) + low;
}

torch::Tensor PixelRange::to_unit(const torch::Tensor& images) const {
  return is_unit() ? images : (images - low) / (high - low);
}

torch::Tensor unit_images(const torch::Tensor& images, const PixelRange& range, std::string_view name,
                          Outside outside) {
  check_kind(images, name);
  if (outside == Outside::kAdmitted) return range.to_unit(images);
  const Extremes found(images);
  const double rounding = kRounding * (range.high - range.low);
  const std::string expected = range.is_unit()
                                   ? "pixels in [0,1]"
                                   : fmt::format("pixels in the range {} to {} of --range", range.low, range.high);
  ensure(found.inside(range.low, range.high, rounding), "{}: expected {}, found {} to {}; {}", name, expected,
         found.low, found.high, cure(found, range));
  const torch::Tensor unit = range.to_unit(images);
  return range.is_unit() && found.inside(0, 1) ? unit : unit.clamp(0, 1);
}

std::optional<std::string> doubt_about_range(const torch::Tensor& images, const PixelRange& range,
                                             std::string_view name) {
  const Extremes found(images);
  const bool wider = range.low < 0 || range.high > 1;
  if (!wider || !found.inside(0, 1)) return std::nullopt;
  return fmt::format(
      "{}: the pixels lie in [0,1] ({} to {}), though --range says {} to {}: they look as if they were not "
      "scaled to it yet",
      name, found.low, found.high, range.low, range.high);
}

void check_images(const torch::Tensor& images, std::string_view what) {
  check_kind(images, what);
  const Extremes found(images);
  ensure(found.inside(0, 1), "{}: expected pixels in [0,1], found {} to {}; {}", what, found.low, found.high,
         cure(found, {}));
}

}  // namespace deepmine
