// The worst case over several attacks.
#include <catch2/catch.hpp>

#include "tests/attacks/small_attacks.h"
#include "tests/support/error_text.h"

namespace deepmine {
namespace {

std::string canonical(const std::string& spec) { return Registry<Attack>::instance().canonical(Spec::parse(spec)); }
std::string refusal(const std::string& spec) {
  return error_text([&] { made(spec); });
}
std::string ensemble(const std::string& attacks, const std::string& keep = "first") {
  return "ensemble:attacks=[" + attacks + "],keep=" + keep;
}

TEST_CASE("an image is broken when any attack breaks it, and is what the first of them made of it") {
  const Images clean = images(48);
  const std::string weak = "fgsm:epsilon=0.12", strong = "bim:epsilon=0.12,step=0.02,steps=12";
  for (const Goal& goal : {Goal::away_from(clean.labels), next_class(clean.labels)}) {
    const AttackResult one = attack(weak, clean.pixels, goal), two = attack(strong, clean.pixels, goal);
    const AttackResult all = attack(ensemble(weak + "+" + strong), clean.pixels, goal);
    const torch::Tensor met = goal.met_by(predict(small_classifier(), clean.pixels));
    CHECK(torch::equal(all.success, met | one.success | two.success));
    CHECK((one.success & ~met).any().item<bool>());
    CHECK((two.success & ~one.success).any().item<bool>());
    torch::Tensor expected = clean.pixels.clone();
    expected = torch::where(per_image(two.success & ~met), two.images, expected);
    expected = torch::where(per_image(one.success & ~met), one.images, expected);
    CHECK((all.images - expected).abs().max().item<double>() < 1e-5);
    // The second sees what the first left; an image that met the goal as it is costs nothing.
    CHECK(torch::equal(all.gradients, (~met).to(torch::kInt64) * (1 + 12 * (~one.success).to(torch::kInt64))));
  }
}

TEST_CASE("an ensemble is registered by its own file and by those of its attacks") {
  std::set<std::string> names;
  for (const std::string& file : Registry<Attack>::instance().files(Spec::parse(ensemble("cw:steps=3+pgd")))) {
    names.insert(std::filesystem::path(file).filename());
  }
  CHECK(names == std::set<std::string>{"ensemble.cpp", "cw.cpp", "pgd.cpp"});
}

TEST_CASE("the nearest image that any attack made is kept when asked for") {
  const Images clean = images(32);
  const Goal goal = Goal::away_from(clean.labels);
  const std::string large = "fgsm:epsilon=0.4", small = "fgsm:epsilon=0.15";
  CHECK(made(ensemble(large + "+" + small))->budget(64)->most == 0.4);
  const AttackResult first = attack(ensemble(large + "+" + small), clean.pixels, goal);
  const AttackResult nearest = attack(ensemble(large + "+" + small, "nearest"), clean.pixels, goal);
  CHECK(torch::equal(first.success, nearest.success));
  CHECK((nearest.linf <= first.linf).all().item<bool>());
  CHECK(nearest.linf.mean().item<double>() < first.linf.mean().item<double>());
  const AttackResult both = attack(ensemble("fgsm-minimal+cw:steps=100,searches=4", "nearest"), clean.pixels, goal);
  const AttackResult cw = attack("cw:steps=100,searches=4", clean.pixels, goal),
                     fgsm = attack("fgsm-minimal:epsilons=1000", clean.pixels, goal);
  const torch::Tensor either = torch::min(torch::where(cw.success, cw.l2, torch::full_like(cw.l2, 99)),
                                          torch::where(fgsm.success, fgsm.l2, torch::full_like(fgsm.l2, 99)));
  CHECK(torch::where(both.l2 > 0, (both.l2 - either).abs(), torch::zeros_like(either)).max().item<double>() < 1e-3);
}

TEST_CASE("an ensemble's budget is the largest of its attacks', where all have one in the same norm") {
  const auto budget = [](const std::string& attacks) { return made(ensemble(attacks))->budget(64); };
  CHECK(budget("bim:epsilon=0.1+square:epsilon=0.2+noise:kind=uniform,size=0.05")->most == 0.2);
  CHECK(budget("bim:epsilon=0.1+square:epsilon=0.2")->norm == Norm::kLinf);
  CHECK(budget("pgd:norm=l2,epsilon=1+square:norm=l2,epsilon=2")->norm == Norm::kL2);
  CHECK_FALSE(budget("bim+square:norm=l2"));
  CHECK_FALSE(budget("bim+deepfool"));
  CHECK_FALSE(budget("bim+noise"));
}

TEST_CASE("an ensemble asks for gradients, and stays in the range, as its attacks do") {
  CHECK(made(ensemble("square+pgd"))->needs_gradient());
  CHECK_FALSE(made(ensemble("square+hopskipjump+noise"))->needs_gradient());
  CHECK(made(ensemble("square+pgd"))->clips());
  CHECK_FALSE(made(ensemble("square+pgd:clip=none"))->clips());
}

TEST_CASE("an ensemble's text names every option of its attacks, and is read again as it is") {
  CHECK(canonical("ensemble:attacks=fgsm+noise") ==
        "ensemble:attacks=[fgsm:clip=unit,epsilon=0.3+noise:clip=unit,kind=gaussian,seed=0,size=0.05],keep=first,"
        "seed=0");
  for (const char* spec :
       {"ensemble", "ensemble:attacks=[fgsm]", "ensemble:keep=nearest,attacks=[cw:preset=cleverhans,c=1e+3+jsma]",
        "ensemble:seed=7,attacks=[noise:seed=3+noise]"}) {
    INFO(spec);
    CHECK(canonical(canonical(spec)) == canonical(spec));
  }
  CHECK(canonical("ensemble:attacks=[cw:preset=cleverhans,c=1e+3]").find("c=1000,confidence=0,rate=0.005") !=
        std::string::npos);
}

TEST_CASE("an ensemble's seed is that of attacks that draw and name none") {
  const std::string text = canonical("ensemble:seed=7,attacks=[noise:seed=3+noise+fgsm+square]");
  CHECK(text.find("noise:clip=unit,kind=gaussian,seed=3,size=0.05+noise:clip=unit,kind=gaussian,seed=7") !=
        std::string::npos);
  CHECK(text.find("queries=5000,seed=7]") != std::string::npos);
}

TEST_CASE("what is wrong with one attack of an ensemble is told before any of them begins") {
  CHECK(refusal("ensemble:attacks=").find("expected attacks with + between them, found none") != std::string::npos);
  CHECK(refusal("ensemble:attacks=[]").find("expected attacks with + between them, found none") != std::string::npos);
  CHECK(refusal("ensemble:attacks=fgsm+pgdd").find("unknown attack \"pgdd\"; known:") != std::string::npos);
  CHECK(refusal("ensemble:attacks=[fgsm+bim:stepz=3]").find("bim: unknown key \"stepz\"") != std::string::npos);
  CHECK(refusal("ensemble:attacks=[fgsm+bim:steps=0]").find("steps: expected a number in [1, 100000]") !=
        std::string::npos);
  CHECK(refusal("ensemble:attacks=[fgsm+bim:steps=3,step=0.1").find("attacks: expected a ] for each [") !=
        std::string::npos);
  CHECK(refusal("ensemble:attacks=fgsm+").find("expected a spec after each +") != std::string::npos);
  CHECK(refusal("ensemble:attacks=fgsm+ensemble").find("no ensembles themselves") != std::string::npos);
  CHECK(refusal("ensemble:keep=last").find("keep: expected one of first, nearest") != std::string::npos);
}

TEST_CASE("the work of an ensemble is reported from its beginning to its end") {
  struct Steps : NoProgress {
    std::vector<std::size_t> done;
    void advance(std::size_t by) override { done.push_back(by); }
  } steps;
  const Images clean = images(40);
  (*made(ensemble("bim:epsilon=0.01,steps=10+pgd:epsilon=0.01,steps=10")))(small_classifier(), clean.pixels,
                                                                           next_class(clean.labels), steps);
  std::size_t total = 0, largest = 0;
  for (const std::size_t by : steps.done) total += by, largest = std::max(largest, by);
  CHECK(total == 40);
  CHECK(largest <= 20);
}

}  // namespace
}  // namespace deepmine
