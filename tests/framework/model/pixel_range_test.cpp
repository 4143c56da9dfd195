#include "framework/model/pixel_range.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/support/error_text.h"

namespace deepmine {
namespace {

using Catch::Contains;

torch::Tensor image(const std::vector<float>& values) {
  return torch::tensor(values).reshape({1, 1, 1, static_cast<std::int64_t>(values.size())});
}

std::string complaint(const std::vector<float>& values, PixelRange range = {}) {
  return error_text([&] { unit_images(image(values), range, "x.npy"); });
}

TEST_CASE("pixels of a range come to [0,1], those in [0,1] bit for bit") {
  const torch::Tensor unit = image({0, 0.1F, 0.7F, 1});
  CHECK(torch::equal(unit_images(unit, {}, "x"), unit));
  CHECK(torch::equal(unit_images(image({-1, 0, 1}), {-1, 1}, "x"), image({0, 0.5F, 1})));
  CHECK(torch::equal(unit_images(image({0, 51, 255}), {0, 255}, "x"), image({0, 0.2F, 1})));
}

TEST_CASE("a millionth beyond the range is rounding, and clipped") {
  CHECK(torch::equal(unit_images(image({-1e-7F, 1.0000001F}), {}, "x"), image({0, 1})));
  CHECK(torch::equal(unit_images(image({-1.000001F, 1.000001F}), {-1, 1}, "x"), image({0, 1})));
  CHECK_THAT(complaint({0, 1.00001F}), Contains("found 0 to 1.00001; clip them to [0,1]"));
  CHECK_THAT(complaint({-1.01F, 1}, {-1, 1}), Contains("of --range, found -1.01 to 1; clip them to [-1,1]"));
}

TEST_CASE("pixels of another range are refused with the range that they seem to have") {
  CHECK_THAT(complaint({-1, 0.5F}),
             Contains("x.npy: expected pixels in [0,1], found -1 to 0.5; ") && Contains("--range -1,1"));
  CHECK_THAT(complaint({0, 254}), Contains("value / 255") && Contains("--range 0,255"));
  CHECK_THAT(complaint({-120, 130}), Contains("--range LOW,HIGH"));
  CHECK_THAT(complaint({0, 200}, {-1, 1}), Contains("expected pixels in the range -1 to 1 of --range, found 0 to 200"));
  CHECK_THAT(complaint({0, NAN}), Contains("expected finite pixels"));
  CHECK_THAT(complaint({0, INFINITY}, {0, 255}), Contains("expected finite pixels"));
}

TEST_CASE("pixels outside are admitted when asked for, but no NaN") {
  CHECK(torch::equal(unit_images(image({-3, 1}), {-1, 1}, "x", Outside::kAdmitted), image({-1, 1})));
  CHECK_THROWS(unit_images(image({NAN}), {}, "x", Outside::kAdmitted));
}

TEST_CASE("images in [0,1] that are said to be of a wider range are doubtful") {
  CHECK(doubt_about_range(image({0, 1}), {-1, 1}, "x")->find("lie in [0,1]") != std::string::npos);
  CHECK(doubt_about_range(image({0.1F, 0.9F}), {0, 255}, "x"));
  CHECK_FALSE(doubt_about_range(image({-0.1F, 1}), {-1, 1}, "x"));
  CHECK_FALSE(doubt_about_range(image({0, 1}), {}, "x"));
  CHECK_FALSE(doubt_about_range(image({0.3F, 0.5F}), {0.2, 0.8}, "x"));
}

TEST_CASE("a range is two numbers, the lower one first") {
  const PixelRange range = PixelRange::parse("-1/2,0.5", "--range");
  CHECK(range.low == -0.5);
  CHECK(range.high == 0.5);
  for (const char* text : {"0", "1,0", "0,x", "1,1", "0,inf"}) {
    CHECK_THAT(error_text([&] { PixelRange::parse(text, "--range"); }), Contains("--range: expected"));
  }
}

}  // namespace
}  // namespace deepmine
