// The detector of relevant neurons: descriptors, sets of units, and what it refuses.
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "framework/core/error.h"
#include "framework/detect/channel_energies.h"
#include "framework/detect/detector.h"
#include "framework/detect/relevant_units.h"
#include "framework/detect/rows.h"
#include "framework/learn/roc.h"
#include "tests/framework/detect/untrained.h"
#include "tests/framework/learn/golden.h"
#include "tests/support/error_text.h"

namespace deepmine {
namespace {

Inputs values(const torch::Tensor& rows) {
  Inputs inputs(rows.to(torch::kFloat64));
  inputs.predict(torch::zeros({inputs.size()}, torch::kInt64));
  return inputs;
}

/// Shows parts of its images' 246 values as layers: what comes in goes out.
class Shower : public Network {
 public:
  explicit Shower(std::vector<std::vector<std::int64_t>> sizes) : sizes_(std::move(sizes)) {}

  torch::Tensor forward(torch::Tensor images, const Tap& tap) override {
    torch::Tensor rest = images.flatten(1);
    const torch::Tensor logits = rest.slice(1, 0, 2);
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      std::vector<std::int64_t> shape = sizes_[i];
      const std::int64_t width = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
      shape.insert(shape.begin(), rest.size(0));
      shown(tap, "act" + std::to_string(i), rest.slice(1, 0, width).reshape(shape));
      rest = rest.slice(1, width);
    }
    return shown(tap, "logits", logits);
  }
  ImageShape input() const override { return {246, 1}; }
  void initialise(Seed) override {}

 private:
  std::vector<std::vector<std::int64_t>> sizes_;
};

TEST_CASE("descriptors have the golden values") {
  const auto golden = Golden::find("relevant-neurons");
  if (!golden) return;
  std::vector<torch::Tensor> parts;
  for (int i = 0; i < 4; ++i) {
    const Matrix<double> part = golden->matrix("c_descriptors.npz:act" + std::to_string(i));
    parts.push_back(torch::tensor(at::ArrayRef<double>(part.data(), part.size()), torch::kFloat32)
                        .view({static_cast<std::int64_t>(part.rows()), static_cast<std::int64_t>(part.cols()), 1, 1}));
  }
  const auto classifier = classifier_of(std::make_shared<Shower>(
      std::vector<std::vector<std::int64_t>>{{4, 6, 6}, {6, 3, 5}, {5, 1, 1}, {7}}));
  ChannelEnergies::Options options;
  options.hidden.layers = "act0+act1+act2+act3";
  const Descriptors found = ChannelEnergies(options).of(Inputs(*classifier, torch::cat(parts, 1)));
  CHECK(found.sizes == std::vector<std::size_t>{4, 6, 5, 7});
  CHECK(largest_difference(Matrix<double>(found.rows).take(), golden->values("c_descriptors.npz:descriptor")) < 1e-6);
  CHECK(found.rows(8, 15) == 0);  // a layer of 1e-8 everywhere
}

TEST_CASE("descriptors of all layers are those of the rectified ones, or of what is not rectified yet") {
  const auto lenet = classifier_of(make_network(Spec::parse("lenet"), Seed(3)));
  torch::manual_seed(1);
  const Inputs inputs(*lenet, torch::rand({4, 1, 28, 28}));
  const auto rows = [&](const std::string& layers, const std::string& units, const std::string& norm) {
    ChannelEnergies::Options options;
    options.hidden = {layers, units};
    options.norm = norm;
    return ChannelEnergies(options).of(inputs).rows.take();
  };
  CHECK(rows("all", "rectified", "squared") == rows("relu1+relu2+relu3+relu4", "raw", "squared"));
  CHECK(rows("all", "raw", "squared") == rows("conv1+conv2+fc1+fc2", "raw", "squared"));
  const std::vector<double> plain = rows("relu4", "raw", "plain");
  const torch::Tensor relu4 = inputs.feature({"relu4"}).to(torch::kFloat64);
  const torch::Tensor expected = relu4 / relu4.norm(2, 1, true);
  CHECK(largest_difference(plain, numbers_of<double>(expected.flatten())) < 1e-12);
}

TEST_CASE("sets of units are shared, unshared or drawn as the sets they are made from") {
  const UnitSets a{{1, 2, 5}, {}}, b{{2, 5, 6}, {3}};
  CHECK(shared_units(a, b) == UnitSets{{2, 5}, {}});
  CHECK(unshared_units(a, b) == UnitSets{{1, 6}, {3}});
  CHECK(together(b) == std::vector<std::size_t>{2, 3, 5, 6});
  CHECK(all_units(2, 3) == UnitSets{{0, 1, 2}, {0, 1, 2}});
  std::vector<std::uint8_t> dead(8, 0);
  dead[0] = dead[7] = 1;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const UnitSets anywhere = random_units(a, dead, {4, 4}, false, Seed(seed));
    const UnitSets by_layer = random_units(a, dead, {4, 4}, true, Seed(seed));
    CHECK(anywhere == random_units(a, dead, {4, 4}, false, Seed(seed)));
    REQUIRE(anywhere[0].size() == 3);
    REQUIRE(by_layer[0].size() == 3);
    CHECK(by_layer[0][1] < 4);
    CHECK(by_layer[0][2] >= 4);
    CHECK(anywhere[0].front() != 0);
    CHECK(anywhere[0].back() != 7);
    CHECK(anywhere[1].empty());
  }
}

TEST_CASE("relevant units are those that tell the classes apart, but for units that hardly ever respond") {
  RandomStream random{Seed(4)};
  Matrix<double> rows(3000, 6);
  std::vector<std::int64_t> classes;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    classes.push_back(static_cast<std::int64_t>(i % 2));
    for (std::size_t j = 0; j < 5; ++j) rows(i, j) = random.uniform();
    rows(i, i % 2) += 2;
  }
  rows(0, 5) = 1;  // of class 0
  const Selected found = relevant_units(rows, classes, 3, {0.3, "onehot"}, 2);
  CHECK(found.sets[0] == std::vector<std::size_t>{0});
  CHECK(found.sets[1] == std::vector<std::size_t>{1});
  CHECK(found.sets[2].empty());
  CHECK(found.dead == std::vector<std::uint8_t>{0, 0, 0, 0, 0, 1});
}

Inputs quadrant_inputs(std::int64_t count, std::uint64_t seed, double amount = 0) {
  const Dataset data = quadrants(count, seed);
  torch::manual_seed(seed);
  const torch::Tensor pixels = data.pixels(0, count);
  return Inputs(classifier(), (pixels + amount * (torch::rand_like(pixels) - 0.5)).clamp(0, 1));
}

TEST_CASE("relevant-neurons learns to tell adversarial inputs by every set of units") {
  const Inputs clean = quadrant_inputs(120, 1), adversarial = quadrant_inputs(120, 2, 1.6);
  for (const std::string spec : {"set=clean", "set=adversarial,label=false", "set=shared,labels=pm1,units=raw",
                                 "set=symmetric-difference", "set=random", "set=all,norm=plain"}) {
    INFO(spec);
    const auto detector = detector_of("relevant-neurons:trees=100," + spec);
    CHECK(detector->needs().adversarial);
    detector->fit({clean, &adversarial}, Seed(1), 2);
    const auto found = detector->score(quadrant_inputs(40, 5, 1.6), 1).values,
               normal = detector->score(quadrant_inputs(40, 6), 1).values;
    CHECK(auroc(found, normal) > 0.9);
  }
}

TEST_CASE("relevant-neurons selects by adversarial inputs that deceive, as far as labels tell") {
  torch::manual_seed(3);
  const Inputs clean = values(torch::rand({40, 5}));
  Inputs adversarial = values(torch::rand({40, 5}));
  const auto fit = [&] {
    detector_of("relevant-neurons:trees=5,set=adversarial")->fit({clean, &adversarial}, Seed(1), 1);
  };
  CHECK_NOTHROW(fit());
  adversarial.labels = torch::ones({40}, torch::kInt64);
  CHECK_NOTHROW(fit());
  adversarial.labels = torch::zeros({40}, torch::kInt64);
  CHECK_THAT(error_text(fit), Catch::Contains("expected adversarial inputs that deceive the model, found none of 40"));
}

TEST_CASE("relevant-neurons refuses what it cannot learn from, and tells classes without units") {
  CHECK_THAT(error_text([] { detector_of("relevant-neurons:mu=0"); }), Catch::Contains("mu"));
  CHECK_THAT(error_text([] { detector_of("relevant-neurons:mu=-1"); }), Catch::Contains("mu"));
  CHECK_THAT(error_text([] { detector_of("relevant-neurons:set=some"); }), Catch::Contains("symmetric-difference"));
  torch::manual_seed(3);
  const Inputs one_unit = values(torch::rand({40, 1}));
  CHECK_THAT(error_text([&] { detector_of("relevant-neurons")->fit({one_unit, &one_unit}, Seed(1), 1); }),
             Catch::Contains("expected two units or more, found 1"));
  const Inputs same = values(torch::rand({40, 4}));
  CHECK_THAT(error_text([&] {
               detector_of("relevant-neurons:set=symmetric-difference")->fit({same, &same}, Seed(1), 1);
             }),
             Catch::Contains("expected units in set=symmetric-difference, found none"));
  Inputs third = values(torch::rand({40, 4}));
  third.predict(torch::full({40}, 2, torch::kInt64));
  const auto detector = detector_of("relevant-neurons:trees=5");
  detector->fit({third, &third}, Seed(1), 1);
  REQUIRE(detector->doubts().size() == 1);
  CHECK_THAT(detector->doubts()[0], Catch::Contains("2 of the 3 classes have no unit"));
}

TEST_CASE("relevant-neurons takes back no damaged forest and no damaged sets") {
  torch::manual_seed(3);
  const Inputs clean = values(torch::rand({40, 4})), adversarial = values(1 + torch::rand({40, 4}));
  const auto detector = detector_of("relevant-neurons:trees=5,set=all");
  detector->fit({clean, &adversarial}, Seed(1), 1);
  const auto refuses = [&](const std::string& name, std::int64_t number) {
    Npz content = detector->learnt();
    auto& numbers = std::get<std::vector<std::int64_t>>(content.arrays.at(name).values);
    numbers.front() = number;
    CHECK_THROWS_AS(detector_of("relevant-neurons:trees=5,set=all")->restore(content), Error);
  };
  refuses("left of nodes", 0);  // itself: a walk without end
  refuses("left of nodes", 1 << 30);
  refuses("features of nodes", 4);
  refuses("roots of trees", -1);
  refuses("sizes of sets", 5);
  refuses("units of sets", 2);
  refuses("units", 3);
}

}  // namespace
}  // namespace deepmine
