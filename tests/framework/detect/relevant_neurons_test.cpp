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

/// Of two classes in turn.
Inputs values(const torch::Tensor& rows) {
  Inputs inputs(rows.to(torch::kFloat64));
  inputs.predict(torch::arange(inputs.size()).remainder(2));
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
  Inputs inputs(classifier(), (pixels + amount * (torch::rand_like(pixels) - 0.5)).clamp(0, 1));
  inputs.predict(data.labels);
  return inputs;
}

TEST_CASE("relevant-neurons learns to tell adversarial inputs by every set of units") {
  const Inputs clean = quadrant_inputs(120, 1), adversarial = quadrant_inputs(120, 2, 1.6);
  for (const std::string spec : {"set=clean", "set=adversarial,label=false",
                                 "set=shared,labels=pm1,units=raw,mu=100",
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
  adversarial.labels = 1 - adversarial.predicted();
  CHECK_NOTHROW(fit());
  adversarial.labels = adversarial.predicted();
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
  CHECK_THAT(error_text([] { detector_of("relevant-neurons:set=random,like=all"); }), Catch::Contains("like"));
}

TEST_CASE("relevant-neurons refuses classes that are no numbers of some, and one class to select units by") {
  torch::manual_seed(3);
  const Inputs clean = values(torch::rand({40, 4}));
  const auto refusal = [&](const std::string& set, std::int64_t of_clean, std::int64_t of_adversarial) {
    Inputs one = values(torch::rand({40, 4})), other = values(torch::rand({40, 4}));
    one.predict(torch::full({40}, of_clean, torch::kInt64));
    other.predict(torch::full({40}, of_adversarial, torch::kInt64));
    return error_text([&] { detector_of("relevant-neurons:trees=5,set=" + set)->fit({one, &other}, Seed(1), 1); });
  };
  for (const std::int64_t kind : {std::int64_t{-1}, std::int64_t{-100000000}, std::int64_t{1} << 61}) {
    const std::string found = "expected classes from 0 to 9999, found " + std::to_string(kind);
    CHECK_THAT(refusal("clean", kind, 0), Catch::Contains(found));
    CHECK_THAT(refusal("all", 0, kind), Catch::Contains(found));
    CHECK_THAT(error_text([&] { relevant_units(Matrix<double>(1, 2, 1.0), {kind}, 3, {}, 1); }),
               Catch::Contains("expected numbers from 0 to 2"));
  }
  CHECK_THAT(refusal("clean", 1, 0), Catch::Contains("expected clean inputs of two classes or more"));
  CHECK_THAT(refusal("adversarial", 1, 0), Catch::Contains("expected adversarial inputs of two classes or more"));
  CHECK_THAT(refusal("clean", 1, 0), Catch::Contains("--train-labels"));
  Inputs one = values(torch::rand({40, 4}));
  one.predict(torch::ones({40}, torch::kInt64));
  CHECK_NOTHROW(detector_of("relevant-neurons:trees=5,set=all")->fit({one, &clean}, Seed(1), 1));
}

TEST_CASE("relevant-neurons tells classes without inputs, empty sets and weights in doubt") {
  torch::manual_seed(3);
  const torch::Tensor rows = torch::rand({40, 4});
  const auto doubts_of = [&](const std::string& set, Inputs clean, const Inputs& adversarial) {
    const auto detector = detector_of("relevant-neurons:trees=5,set=" + set);
    detector->fit({clean, &adversarial}, Seed(1), 1);
    const auto again = detector_of("relevant-neurons:trees=5,set=" + set);
    again->restore(detector->learnt());
    CHECK(again->doubts() == detector->doubts());
    return detector->doubts();
  };
  Inputs apart = values(rows);
  apart.predict(2 * apart.predicted());
  const auto unseen = doubts_of("clean", apart, apart);
  REQUIRE(unseen.size() == 1);
  CHECK_THAT(unseen[0], Catch::Contains("1 of the 3 classes have no unit") && Catch::Contains("give more inputs"));
  Inputs clean = values(rows), adversarial = values(rows);
  clean.predict(torch::arange(40).remainder(3));
  adversarial.predict(torch::arange(40).remainder(3));
  CHECK_THAT(error_text([&] { doubts_of("symmetric-difference", clean, adversarial); }),
             Catch::Contains("another set"));

  const auto detector = detector_of("relevant-neurons:trees=5");
  detector->fit({clean, &adversarial}, Seed(1), 1);
  CHECK(detector->doubts().empty());
  Npz content = detector->learnt();
  content.arrays["gap to the minimum"] = {{1}, std::vector<double>{1e-3}};
  const auto off = detector_of("relevant-neurons:trees=5");
  off->restore(content);
  REQUIRE(off->doubts().size() == 1);
  CHECK_THAT(off->doubts()[0], Catch::Contains("off their minimum by up to 1.0e-03"));
  content = detector->learnt();
  auto& sizes = std::get<std::vector<std::int64_t>>(content.arrays.at("sizes of sets").values);
  auto& units = std::get<std::vector<std::int64_t>>(content.arrays.at("units of sets").values);
  units.erase(units.begin(), units.begin() + sizes[0]);
  sizes[0] = 0;
  content.arrays["units of sets"].shape = {units.size()};
  off->restore(content);
  REQUIRE(off->doubts().size() == 1);
  CHECK_THAT(off->doubts()[0], Catch::Contains("1 of the 3 classes") && Catch::Contains("take another mu or set"));
}

TEST_CASE("random units are drawn from those alive in the selections that their like came from") {
  const Selected a{{{0, 1}, {}}, {0, 0, 1, 1}, {1, 0}, 0.1}, b{{{1, 2}, {2}}, {1, 0, 0, 1}, {1, 1}, 0.2};
  const Selected both = shared(a, b), one = unshared(a, b);
  CHECK(both.sets == UnitSets{{1}, {}});
  CHECK(both.dead == std::vector<std::uint8_t>{1, 0, 1, 1});
  CHECK(one.sets == UnitSets{{0, 2}, {2}});
  CHECK(one.dead == std::vector<std::uint8_t>{0, 0, 0, 1});
  CHECK(one.seen == std::vector<std::uint8_t>{1, 0});
  CHECK(one.gap == 0.2);
  CHECK_THAT(error_text([&] { random_units(one.sets, both.dead, {4}, false, Seed(1)); }),
             Catch::Contains("expected 2 that respond to inputs"));
}

TEST_CASE("relevant-neurons gives scores of the clean inputs that it learnt from as fresh ones have them") {
  torch::manual_seed(3);
  const auto noise = [] { return values(torch::rand({300, 6})); };  // nothing tells these apart
  const Inputs clean = noise(), adversarial = noise(), fresh = noise();
  const auto detector = detector_of("relevant-neurons:trees=200,set=all,label=false");
  detector->fit({clean, &adversarial}, Seed(1), 1);
  const auto mean = [](const std::vector<double>& scores) {
    return std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
  };
  const std::vector<double> learnt = detector->scores_of_learnt(clean, 1);
  CHECK(learnt.size() == 300);
  CHECK(mean(detector->score(clean, 1).values) < 0.3);
  CHECK(mean(learnt) > 0.4);
  const double found = mean(detector->score(fresh, 1).values);
  CHECK(mean(learnt) == Approx(found).margin(0.1));
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
