#include <catch2/catch.hpp>
#include <cmath>

#include "framework/data/dataset.h"
#include "tests/support/error_text.h"

namespace deepmine {
namespace {

torch::Tensor images(const std::string& spec, Part part = Part::kTest) {
  return load_dataset(spec, part, DataFolders()).images;
}

/// How far the counts of the 256 values are from those expected, in standard deviations of chi-square.
double surprise(const torch::Tensor& bytes, const std::vector<double>& chances) {
  const torch::Tensor counts = bytes.flatten().to(torch::kInt64).bincount({}, 256).to(torch::kFloat64);
  const auto n = static_cast<double>(bytes.numel());
  double chi_square = 0;
  for (std::size_t v = 0; v < 256; ++v) {
    const double expected = n * chances[v];
    chi_square += std::pow(counts[static_cast<std::int64_t>(v)].item<double>() - expected, 2) / expected;
  }
  return (chi_square - 255) / std::sqrt(2.0 * 255);
}

double normal_below(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

/// Chances of a normal, clipped to [0,1] and rounded to 255ths.
std::vector<double> normal_chances(double mean, double sd) {
  std::vector<double> result;
  for (int v = 0; v < 256; ++v) {
    const double below = v == 0 ? 0 : normal_below(((v - 0.5) / 255 - mean) / sd);
    const double upto = v == 255 ? 1 : normal_below(((v + 0.5) / 255 - mean) / sd);
    result.push_back(upto - below);
  }
  return result;
}

TEST_CASE("noise has the distribution that it is named for") {
  CHECK(std::abs(surprise(images("uniform:n=200"), std::vector<double>(256, 1.0 / 256))) < 3.5);
  CHECK(std::abs(surprise(images("gaussian:n=200"), normal_chances(0.5, 1))) < 3.5);
  CHECK(std::abs(surprise(images("gaussian:n=200,mean=0.3,sd=0.25"), normal_chances(0.3, 0.25))) < 3.5);
  CHECK(surprise(images("gaussian:n=200,sd=0.9"), normal_chances(0.5, 1)) > 10);
}

TEST_CASE("noise has the number and shape that were asked for") {
  CHECK(images("uniform:n=7,shape=2x3x5").sizes() == at::IntArrayRef({7, 2, 3, 5}));
  CHECK(images("gaussian:n=3").sizes() == at::IntArrayRef({3, 3, 32, 32}));
  for (const char* shape : {"", "3", "3x32", "3x32x32x1", "3x32x", "3xx32", "0x2x2", "-1x2x2", "1x1x5000", "axbxc"}) {
    CHECK_THAT(error_text([&] { images(std::string("uniform:shape=") + shape); }), Catch::Contains("shape: expected"));
  }
  CHECK_THAT(error_text([] { images("uniform:n=0"); }), Catch::Contains("n: expected"));
  CHECK_THAT(error_text([] { images("gaussian:sd=0"); }), Catch::Contains("sd: expected"));
  CHECK_THAT(error_text([] { images("uniform:n=10000000,shape=4096x4096x4096"); }),
             Catch::Contains("lower n or shape"));
}

TEST_CASE("fewer images of noise are the first of more, and another seed or part gives others") {
  for (const std::string name : {"uniform", "gaussian"}) {
    const torch::Tensor more = images(name + ":n=20,shape=1x8x8");
    CHECK(torch::equal(images(name + ":n=5,shape=1x8x8"), more.slice(0, 0, 5)));
    CHECK_FALSE(torch::equal(images(name + ":n=20,shape=1x8x8,seed=2"), more));
    CHECK_FALSE(torch::equal(images(name + ":n=20,shape=1x8x8", Part::kTrain), more));
    CHECK_FALSE(torch::equal(more[0], more[1]));
  }
  CHECK_FALSE(torch::equal(images("uniform:n=9"), images("gaussian:n=9")));
}

// The checksums are those of a program of its own, in another language.
TEST_CASE("noise is the same on every machine") {
  const auto digest = [](const char* spec) {
    return load_dataset(spec, Part::kTest, DataFolders()).sha256.substr(0, 16);
  };
  CHECK(digest("uniform:n=100") == "cd38856b4ddb8fdb");
  CHECK(digest("gaussian:n=100") == "2c65300814f1e14d");
}

}  // namespace
}  // namespace deepmine
