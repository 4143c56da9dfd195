// Every registered attack, present and future, must keep these promises.
#include <catch2/catch.hpp>
#include <algorithm>
#include <cmath>

#include "framework/attack/attack.h"
#include "tests/support/script_network.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

const std::vector<std::string>& attacks() {
  static const std::vector<std::string> names = Registry<Attack>::instance().names();
  return names;
}

/// The attack with fewer steps where it has many by default: what must hold holds of any number.
Spec shortened(const std::string& text) {
  Spec spec = Spec::parse(text);
  for (const auto& option : Registry<Attack>::instance().describe(spec.name).options) {
    const std::map<std::string, std::string> fewer{{"steps", "30"}, {"searches", "3"}, {"epsilons", "50"}};
    const auto found = fewer.find(option.name);
    if (found != fewer.end() && std::stoll(option.value) > std::stoll(found->second)) spec.values.insert(*found);
  }
  return spec;
}

AttackResult attack(const std::string& spec, const torch::Tensor& images, const Goal& goal,
                    Classifier& classifier = small_classifier()) {
  NoProgress silent;
  return (*Registry<Attack>::instance().make(shortened(spec)))(classifier, images, goal, silent);
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

/// Every attack as it is by default, and in its variants.
std::vector<std::string> variants() {
  std::vector<std::string> result = attacks();
  for (const char* more : {"pgd:norm=l2,epsilon=1,step=0.2", "noise:kind=uniform", "jsma:form=logit", "jsma:form=fast,theta=0.1,changes=7",
                           "jsma:theta=0.1,changes=0", "cw:confidence=1"}) {
    result.emplace_back(more);
  }
  return result;
}

double farthest(const AttackResult& result, Norm norm) {
  const torch::Tensor& distance = norm == Norm::kL0 ? result.l0 : norm == Norm::kL2 ? result.l2 : result.linf;
  return distance.max().item<double>();
}

TEST_CASE("every attack stays in [0,1] and within its budget") {
  const Images clean = images();
  for (const std::string& spec : variants()) {
    INFO(spec);
    const auto object = Registry<Attack>::instance().make(Spec::parse(spec));
    for (const Goal& goal : {next_class(clean.labels), Goal::away_from(clean.labels)}) {
      const AttackResult result = attack(spec, clean.pixels, goal);
      CHECK(result.images.min().item<double>() >= 0);
      CHECK(result.images.max().item<double>() <= 1);
      const auto budget = object->budget(64);
      if (budget) CHECK(farthest(result, budget->norm) <= budget->most + 1e-5);
      if (budget) CHECK(budget->most > 0);
    }
  }
}

TEST_CASE("an attack either has a budget or gives back what it could not move as it was") {
  const Images clean = images();
  const Goal goal = next_class(clean.labels);
  for (const std::string& name : attacks()) {
    INFO(name);
    const auto object = Registry<Attack>::instance().make(Spec::parse(name));
    const bool minimal = dynamic_cast<const MinimalDistanceAttack*>(object.get()) != nullptr;
    CHECK((minimal || dynamic_cast<const FixedEpsilonAttack*>(object.get()) != nullptr));
    if (!minimal) continue;
    CHECK_FALSE(object->budget(64));
    const AttackResult result = attack(name, clean.pixels, goal);
    const torch::Tensor failed = rows_where(~result.success);
    CHECK(result.l0.index_select(0, failed).sum().item<double>() == 0);
  }
}

TEST_CASE("every attack counts its gradients") {
  const Images clean = images(8);
  for (const std::string& name : attacks()) {
    INFO(name);
    const torch::Tensor gradients = attack(name, clean.pixels, next_class(clean.labels)).gradients;
    REQUIRE(gradients.size(0) == 8);
    CHECK(((gradients > 0) == (name != "noise")).all().item<bool>());
  }
  const Goal goal = Goal::away_from(clean.labels);
  CHECK((attack("fgsm", clean.pixels, goal).gradients == 1).all().item<bool>());
  CHECK((attack("bim:steps=7", clean.pixels, goal).gradients == 7).all().item<bool>());
  CHECK((attack("bim-b:steps=7", clean.pixels, goal).gradients == 7).all().item<bool>());
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
  // In double precision: how a convolution rounds does depend on the batch, and a search may then take another turn.
  const std::unique_ptr<Classifier> exact = script_classifier(true);
  Images clean = images(12);
  clean.labels = predict(*exact, clean.pixels);
  for (const std::string& name : variants()) {
    INFO(name);
    const torch::Tensor together = attack(name, clean.pixels, next_class(clean.labels), *exact).images;
    for (std::int64_t i = 0; i < 12; ++i) {
      INFO(i);
      const torch::Tensor alone =
          attack(name, clean.pixels.slice(0, i, i + 1), next_class(clean.labels.slice(0, i, i + 1)), *exact)
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
  for (const std::string& name : attacks()) {
    INFO(name);
    const std::vector<Description::Option> options = Registry<Attack>::instance().describe(name).options;
    const bool may_clip = std::any_of(options.begin(), options.end(), [](const auto& o) { return o.name == "clip"; });
    if (!may_clip) continue;
    CHECK(attack(name + ":clip=none", black, goal).images.min().item<double>() < 0);
    CHECK(attack(name, black, goal).images.min().item<double>() == 0);
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

TEST_CASE("Carlini-Wagner goes no farther than DeepFool times 1.2, and DeepFool not as far as FGSM") {
  const Images clean = images(64);
  const Goal goal = Goal::away_from(clean.labels);
  const AttackResult cw = attack("cw:searches=7,steps=100", clean.pixels, goal), deepfool = attack("deepfool", clean.pixels, goal);
  const AttackResult fgsm = attack("fgsm-minimal", clean.pixels, goal);
  CHECK(cw.success_rate() == 1);
  CHECK(deepfool.success_rate() == 1);
  const torch::Tensor all = rows_where(fgsm.success);
  REQUIRE(all.size(0) > 32);
  const auto mean_l2 = [&](const AttackResult& result) { return result.l2.index_select(0, all).mean().item<double>(); };
  CHECK(mean_l2(cw) <= 1.2 * mean_l2(deepfool));
  CHECK(mean_l2(deepfool) <= mean_l2(fgsm));
}

TEST_CASE("Carlini-Wagner leaves the margin of logits it was asked for") {
  const Images clean = images(16);
  const Goal goal = next_class(clean.labels);
  const AttackResult result = attack("cw:confidence=2,searches=5,steps=200", clean.pixels, goal);
  CHECK(result.success_rate() == 1);
  const torch::Tensor margin = goal.margin(small_classifier().logits(result.images));
  CHECK(margin.min().item<double>() >= 2 - 1e-3);
  CHECK(margin.mean().item<double>() < 2.5);
}

TEST_CASE("BIM-b yields the images of BIM-a as well, and is BIM") {
  const Images clean = images(32);
  const std::string options = ":epsilon=0.2,step=0.02,steps=20";
  for (const Goal& goal : {next_class(clean.labels), Goal::away_from(clean.labels)}) {
    const AttackResult last = attack("bim-b" + options, clean.pixels, goal), first = attack("bim-a" + options, clean.pixels, goal);
    CHECK((last.first - first.images).abs().max().item<double>() < 1e-5);
    CHECK(torch::equal(last.images, attack("bim" + options, clean.pixels, goal).images));
    CHECK(first.success_rate() >= last.success_rate());
    CHECK(first.linf.mean().item<double>() < last.linf.mean().item<double>());
    CHECK(first.gradients.sum().item<double>() < last.gradients.sum().item<double>());
    CHECK_FALSE(first.first.defined());
  }
}

TEST_CASE("random starts differ from image to image and from seed to seed, and lie within epsilon") {
  const Images clean = images(16);
  const Goal goal = Goal::away_from(clean.labels);
  for (const std::string norm : {"linf", "l2"}) {
    const auto start = [&](int seed) {
      return attack(fmt::format("pgd:norm={},epsilon=0.1,step=0,steps=1,clip=none,seed={}", norm, seed), clean.pixels, goal);
    };
    const AttackResult one = start(1), two = start(2);
    const torch::Tensor change = (one.images - clean.pixels).flatten(1);
    CHECK_FALSE(torch::allclose(change[0], change[1]));
    CHECK_FALSE(torch::allclose(one.images, two.images));
    const torch::Tensor& size = norm == "l2" ? one.l2 : one.linf;
    CHECK(size.max().item<double>() <= 0.1 + 1e-6);
    CHECK(size.min().item<double>() > 0.08);  // of 64 values the largest, or the volume, is near the edge
    if (norm == "linf") CHECK(std::abs(change.mean().item<double>()) < 0.006);
  }
}

TEST_CASE("noise has the size asked for and needs no gradient") {
  const Images clean = images(100);
  const Goal goal = Goal::away_from(clean.labels);
  const auto change = [&](const std::string& spec) { return attack(spec, clean.pixels, goal).images - clean.pixels; };
  CHECK(change("noise:size=0.1,clip=none").std().item<double>() == Approx(0.1).epsilon(0.02));
  CHECK(change("noise:kind=uniform,size=0.1,clip=none").std().item<double>() == Approx(0.1 / std::sqrt(3)).epsilon(0.02));
}

TEST_CASE("one BIM step of epsilon is FGSM, and PGD without a random start is BIM") {
  const Images clean = images(8);
  const Goal goal = Goal::away_from(clean.labels);
  CHECK(torch::equal(attack("bim:epsilon=0.05,step=0.05,steps=1", clean.pixels, goal).images,
                     attack("fgsm:epsilon=0.05", clean.pixels, goal).images));
  CHECK(torch::equal(attack("pgd:epsilon=0.05,step=0.01,steps=9,start=false", clean.pixels, goal).images,
                     attack("bim:epsilon=0.05,step=0.01,steps=9", clean.pixels, goal).images));
}

TEST_CASE("the gradient of the cross-entropy agrees with differences in double precision") {
  auto network = untrained_network(5);
  network->to(torch::kFloat64);
  const auto classifier = classifier_of(network);
  const torch::Tensor x = quadrants(1, 2).pixels(0, 1).to(torch::kFloat64);
  const torch::Tensor label = torch::zeros({1}, torch::kInt64);
  const torch::Tensor gradient = Batch(*classifier, x, Goal::away_from(label)).cross_entropy_slope(x).gradient;
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
