// Every registered attack, present and future, must keep these promises.
#include <catch2/catch.hpp>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "framework/attack/suspicion.h"
#include "tests/attacks/small_attacks.h"
#include "tests/support/error_text.h"
#include "tests/support/script_network.h"

namespace deepmine {
namespace {

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
  for (const char* more :
       {"pgd:norm=l2,epsilon=1,step=0.2", "noise:kind=uniform", "jsma:form=logit", "jsma:form=fast,theta=0.1,changes=7",
        "jsma:theta=0.1,changes=0", "cw:confidence=1", "square:norm=l2,epsilon=1", "hopskipjump:norm=linf",
        "ensemble:attacks=[bim:steps=3+deepfool+square:queries=20],keep=nearest",
        "ensemble:attacks=[noise+hopskipjump:steps=3,evaluations=5]"}) {
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

TEST_CASE("every attack counts its gradients, and its forward passes with them") {
  const Images clean = images(8);
  for (const std::string& name : attacks()) {
    INFO(name);
    const AttackResult result = attack(name, clean.pixels, next_class(clean.labels));
    REQUIRE(result.gradients.size(0) == 8);
    REQUIRE(result.queries.size(0) == 8);
    CHECK(((result.gradients > 0) == made(name)->needs_gradient()).all().item<bool>());
    CHECK(((result.queries > 0) == (name != "noise")).all().item<bool>());
  }
  const Goal goal = Goal::away_from(clean.labels);
  for (const char* seven : {"bim:steps=7", "bim-b:steps=7"}) {
    CHECK((attack(seven, clean.pixels, goal).gradients == 7).all().item<bool>());
    CHECK((attack(seven, clean.pixels, goal).queries == 7).all().item<bool>());
  }
  CHECK((attack("fgsm", clean.pixels, goal).gradients == 1).all().item<bool>());
  const AttackResult jacobian = attack("jsma:form=logit,steps=1", clean.pixels, next_class(clean.labels));
  CHECK((jacobian.gradients == 2).all().item<bool>());  // of one pass, after one for the clean images
  CHECK((jacobian.queries == 2).all().item<bool>());
}

TEST_CASE("without a gradient, attacks that need one are refused before they begin, and all others work") {
  const auto decided = scripted("    z = x.flatten(1).mean(1) > 0.5\n"
                                "    return torch.one_hot(z.long(), 2)\n");
  const torch::Tensor dark = torch::full({3, 1, 8, 8}, 0.45);
  const Goal goal = Goal::away_from(torch::zeros({3}, torch::kInt64));
  for (const std::string& spec : variants()) {
    INFO(spec);
    if (made(spec)->needs_gradient()) {
      const std::string refusal = error_text([&] { attack(spec, dark, goal, *decided); });
      CHECK(refusal.find("differentiated") != std::string::npos);
      CHECK(refusal.find("need no gradient: fooling, hopskipjump, noise, square") != std::string::npos);
    } else {
      CHECK(attack(spec, dark, goal, *decided).images.sizes() == dark.sizes());
    }
  }
  const AttackResult late = attack("noise", dark, goal, *decided);
  CHECK((late.queries == 0).all().item<bool>());
}

TEST_CASE("logits that are not finite are named as the trouble by every attack that looks at them") {
  const auto broken = scripted("    z = x.flatten(1).sum(1)\n"
                               "    return torch.stack([z, torch.sqrt(z - 1000.0)], 1)\n");
  for (const std::string& name : attacks()) {
    INFO(name);
    if (name == "noise") continue;
    const Goal goal = Goal::away_from(torch::zeros({2}, torch::kInt64));
    const std::string refusal = error_text([&] { attack(name, torch::full({2, 1, 8, 8}, 0.5), goal, *broken); });
    CHECK(refusal.find("finite logits") != std::string::npos);
  }
}

TEST_CASE("images of one value, or of one channel and one row, are attacked like any other") {
  const auto classifier = scripted("    z = x.flatten(1).mean(1) - 0.5\n"
                                   "    return torch.stack([-z, z], 1)\n");
  for (const std::vector<std::int64_t>& sizes : {std::vector<std::int64_t>{3, 1, 1, 1}, {3, 1, 1, 5}, {3, 2, 4, 2}}) {
    const torch::Tensor dark = torch::full(sizes, 0.45);
    for (const std::string& spec : variants()) {
      INFO(spec << " " << at::IntArrayRef(sizes));
      const AttackResult result = attack(spec, dark, Goal::away_from(torch::zeros({3}, torch::kInt64)), *classifier);
      CHECK(result.images.sizes() == at::IntArrayRef(sizes));
      CHECK(torch::isfinite(result.images).all().item<bool>());
    }
  }
}

TEST_CASE("a model that always gives one class is broken by no attack, and none runs on for ever") {
  const auto constant = scripted("    z = x.flatten(1).sum(1) * 0.0\n"
                                 "    return torch.stack([z + 1.0, z], 1)\n");
  const torch::Tensor grey = torch::full({2, 1, 4, 4}, 0.5);
  for (const std::string& spec : variants()) {
    INFO(spec);
    CHECK(attack(spec, grey, Goal::away_from(torch::zeros({2}, torch::kInt64)), *constant).success_rate() == 0);
    CHECK(attack(spec, grey, Goal::towards(1, 2), *constant).success_rate() == 0);
    CHECK(attack(spec, grey, Goal::towards(0, 2), *constant).success_rate() == 1);  // it is there already
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
  const std::unique_ptr<Classifier> normalising = normalising_classifier();
  const torch::Tensor logits = normalising->logits(clean.pixels);
  for (Classifier* classifier : {&small_classifier(), normalising.get()}) {
    for (const std::string& name : attacks()) {
      INFO(name);
      const auto before = copies(classifier->state());
      attack(name, clean.pixels, Goal::away_from(clean.labels), *classifier);
      const auto after = classifier->state();
      REQUIRE(before.size() == after.size());
      for (std::size_t i = 0; i < after.size(); ++i) CHECK(torch::equal(before[i], after[i]));
    }
  }
  CHECK(torch::equal(normalising->logits(clean.pixels), logits));
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

TEST_CASE("no attack's defaults fall short of what it may change, nor do presets but those published so") {
  auto& registry = Registry<Attack>::instance();
  const std::set<std::string> published_so{"jsma:preset=foolbox"};  // 2000 values of the 3072 that it may change
  for (const std::string& name : attacks()) {
    CHECK_FALSE(falls_short({name, {}}, 3072));
    for (const Preset& preset : registry.describe(name).presets) {
      const Spec spec{name, {{"preset", preset.name}}};
      INFO(spec.text());
      CHECK(falls_short(spec, 3072).has_value() == (published_so.count(spec.text()) > 0));
    }
  }
}

TEST_CASE("the step of PGD follows the other options unless they are the paper's, and is written out") {
  const auto canonical = [](const char* spec) { return Registry<Attack>::instance().canonical(Spec::parse(spec)); };
  CHECK(canonical("pgd:seed=4").find("step=0.00784313725490196,") != std::string::npos);
  CHECK(canonical("pgd:epsilon=8/255,steps=20").find("step=0.00784313725490196,") != std::string::npos);
  CHECK(canonical("pgd:norm=l2,epsilon=1") == "pgd:clip=unit,epsilon=1,norm=l2,seed=0,start=true,step=0.125,steps=20");
  CHECK(canonical("pgd:epsilon=0.2,steps=5").find("step=0.1,") != std::string::npos);
  CHECK(canonical("pgd:norm=l2,epsilon=1,step=0.01").find("step=0.01,") != std::string::npos);
  CHECK(canonical("pgd:epsilon=1000,steps=1,norm=l2").find("step=1000,") != std::string::npos);
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

TEST_CASE("a larger budget, more steps or a finer grid never make an attack weaker") {
  const Images clean = images(64);
  // Where more of an option means more strength, and by how many images chance may turn it round.
  const std::map<std::string, std::pair<std::string, std::string>> grows{
      {"epsilon", {"0.02", "0.3"}}, {"steps", {"2", "30"}}, {"gamma", {"0.05", "0.5"}}, {"max-epsilon", {"0.05", "1"}},
      {"searches", {"1", "3"}},
      {"queries", {"5", "300"}}, {"starts", {"1", "50"}}};
  int checked = 0;
  for (const std::string& name : attacks()) {
    for (const auto& option : Registry<Attack>::instance().describe(name).options) {
      const auto found = grows.find(option.name);
      if (found == grows.end()) continue;
      INFO(name << ":" << option.name);
      const auto successes = [&](const std::string& value) {
        return attack(name + ":" + option.name + "=" + value, clean.pixels, Goal::away_from(clean.labels))
            .success.sum()
            .item<int>();
      };
      CHECK(successes(found->second.second) >= successes(found->second.first));
      ++checked;
    }
  }
  CHECK(checked >= 16);
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
    CHECK(gradient.reshape(-1)[i].item<double>() == Approx(difference).epsilon(1e-6).margin(1e-9));
  }
}

}  // namespace
}  // namespace deepmine
