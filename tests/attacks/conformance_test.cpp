// Every registered attack, present and future, must keep these promises.
#include <catch2/catch.hpp>

#include "framework/attack/attack.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

const std::vector<std::string>& attacks() {
  static const std::vector<std::string> names = Registry<Attack>::instance().names();
  return names;
}

AttackResult attack(const std::string& spec, const torch::Tensor& images, const Goal& goal) {
  NoProgress silent;
  return (*Registry<Attack>::instance().make(Spec::parse(spec)))(small_classifier(), images, goal,
                                                                silent);
}

struct Images {
  torch::Tensor pixels, labels;
};

Images images(std::int64_t count = 24) {
  const Dataset data = quadrants(count, 11);
  return {data.pixels(0, count), data.labels};
}

Goal next_class(const torch::Tensor& labels) { return Goal::towards((labels + 1).remainder(4)); }

std::vector<torch::Tensor> copies(const std::vector<torch::Tensor>& tensors) {
  std::vector<torch::Tensor> result;
  for (const auto& tensor : tensors) result.push_back(tensor.clone());
  return result;
}

TEST_CASE("the small classifier has learnt its classes, so that attacks mean something") {
  const Images clean = images(200);
  const torch::Tensor right = predict(small_classifier(), clean.pixels) == clean.labels;
  CHECK(right.to(torch::kFloat64).mean().item<double>() > 0.9);
}

TEST_CASE("every attack stays in [0,1] and within its epsilon") {
  const Images clean = images();
  for (const std::string& name : attacks()) {
    INFO(name);
    const auto object = Registry<Attack>::instance().make(Spec::parse(name));
    for (const Goal& goal : {next_class(clean.labels), Goal::away_from(clean.labels)}) {
      const AttackResult result = attack(name, clean.pixels, goal);
      CHECK(result.images.min().item<double>() >= 0);
      CHECK(result.images.max().item<double>() <= 1);
      if (object->epsilon()) CHECK(result.linf.max().item<double>() <= *object->epsilon() + 1e-6);
    }
  }
}

TEST_CASE("every attack changes images, but not the ones it was given") {
  const Images clean = images();
  const torch::Tensor before = clean.pixels.clone();
  for (const std::string& name : attacks()) {
    INFO(name);
    const AttackResult result = attack(name, clean.pixels, next_class(clean.labels));
    CHECK(torch::equal(clean.pixels, before));
    CHECK(result.l0.sum().item<double>() > 0);
  }
}

TEST_CASE("no attack changes weights, running statistics or the mode of the model") {
  const Images clean = images();
  for (const std::string& name : attacks()) {
    INFO(name);
    const auto before = copies(small_classifier().state());
    attack(name, clean.pixels, Goal::away_from(clean.labels));
    const auto after = small_classifier().state();
    REQUIRE(before.size() == after.size());
    for (std::size_t i = 0; i < after.size(); ++i) CHECK(torch::equal(before[i], after[i]));
  }
}

TEST_CASE("every attack gives the same images twice") {
  const Images clean = images();
  for (const std::string& name : attacks()) {
    INFO(name);
    const Goal goal = next_class(clean.labels);
    CHECK(torch::equal(attack(name, clean.pixels, goal).images,
                       attack(name, clean.pixels, goal).images));
  }
}

TEST_CASE("what an attack does to an image does not depend on the rest of its batch") {
  const Images clean = images(12);
  for (const std::string& name : attacks()) {
    INFO(name);
    const torch::Tensor together = attack(name, clean.pixels, next_class(clean.labels)).images;
    for (std::int64_t i = 0; i < 12; ++i) {
      const torch::Tensor alone =
          attack(name, clean.pixels.slice(0, i, i + 1), next_class(clean.labels.slice(0, i, i + 1)))
              .images;
      CHECK((alone - together.slice(0, i, i + 1)).abs().max().item<double>() < 1e-5);
    }
  }
}

TEST_CASE("success is what the classifier says of the images returned") {
  const Images clean = images();
  for (const std::string& name : attacks()) {
    INFO(name);
    const Goal goal = next_class(clean.labels);
    const AttackResult result = attack(name, clean.pixels, goal);
    const torch::Tensor classes = small_classifier().logits(result.images).argmax(1);
    CHECK(torch::equal(result.success, classes == goal.classes));
    CHECK(torch::equal(result.predicted, classes));
  }
}

TEST_CASE("images outside [0,1], with NaN, or with classes that do not exist are refused") {
  const Images clean = images(4);
  torch::Tensor bright = clean.pixels.clone(), broken = clean.pixels.clone();
  bright[0][0][0][0] = 1.01;
  broken[0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
  for (const std::string& name : attacks()) {
    INFO(name);
    CHECK_THROWS_AS(attack(name, bright, Goal::away_from(clean.labels)), Error);
    CHECK_THROWS_AS(attack(name, broken, Goal::away_from(clean.labels)), Error);
    CHECK_THROWS_AS(attack(name, clean.pixels, Goal::towards(4, 4)), Error);
    CHECK_THROWS_AS(attack(name, clean.pixels, Goal::towards(1, 3)), Error);
  }
}

TEST_CASE("every attack's canonical text makes the same attack again") {
  auto& registry = Registry<Attack>::instance();
  for (const std::string& name : attacks()) {
    const std::string canonical = registry.canonical(Spec::parse(name));
    CHECK(registry.canonical(Spec::parse(canonical)) == canonical);
    for (const auto& option : registry.describe(name).options) {
      INFO(name << " " << option.name);
      CHECK_FALSE(option.text.empty());
      CHECK_FALSE(option.source.empty());
    }
  }
}

TEST_CASE("without clipping an attack leaves [0,1] where there is no room") {
  const torch::Tensor black = torch::zeros({4, 1, 8, 8});
  const Goal goal = Goal::towards(torch::arange(4));
  for (const std::string name : {"fgsm", "bim"}) {
    INFO(name);
    CHECK(attack(name + ":epsilon=0.1,clip=none", black, goal).images.min().item<double>() < 0);
    CHECK(attack(name + ":epsilon=0.1", black, goal).images.min().item<double>() == 0);
  }
}

TEST_CASE("success grows with epsilon and steps, and BIM beats FGSM of the same epsilon") {
  const Images clean = images(64);
  const Goal goal = next_class(clean.labels);
  const auto rate = [&](const std::string& spec) {
    return attack(spec, clean.pixels, goal).success_rate();
  };
  const std::string step = ",step=0.02";
  CHECK(rate("bim:epsilon=0.2,steps=10" + step) >= rate("bim:epsilon=0.06,steps=10" + step));
  CHECK(rate("bim:epsilon=0.2,steps=10" + step) >= rate("bim:epsilon=0.2,steps=3" + step));
  CHECK(rate("bim:epsilon=0.2,steps=20" + step) >= rate("fgsm:epsilon=0.2"));
  CHECK(rate("bim:epsilon=0.4,steps=30" + step) > 0.9);
}

TEST_CASE("one BIM step of epsilon is FGSM") {
  const Images clean = images(8);
  const Goal goal = Goal::away_from(clean.labels);
  CHECK(torch::equal(attack("bim:epsilon=0.05,step=0.05,steps=1", clean.pixels, goal).images,
                     attack("fgsm:epsilon=0.05", clean.pixels, goal).images));
}

TEST_CASE("the gradient of the cross-entropy agrees with differences in double precision") {
  auto network = untrained_network(5);
  network->to(torch::kFloat64);
  const auto classifier = classifier_of(network);
  const torch::Tensor x = quadrants(1, 2).pixels(0, 1).to(torch::kFloat64);
  const torch::Tensor label = torch::zeros({1}, torch::kInt64);
  const torch::Tensor gradient = cross_entropy_gradient(*classifier, x, label);
  const auto loss = [&](const torch::Tensor& at) {
    return -classifier->logits(at).log_softmax(1)[0][0].item<double>();
  };
  constexpr double kStep = 1e-6;
  for (std::int64_t i = 0; i < 64; i += 9) {
    torch::Tensor shift = torch::zeros_like(x);
    shift.view(-1)[i] = kStep;
    const double difference = (loss(x + shift) - loss(x - shift)) / (2 * kStep);
    CHECK(gradient.reshape(-1)[i].item<double>() == Approx(difference).epsilon(1e-5).margin(1e-9));
  }
}

}  // namespace
}  // namespace deepmine
