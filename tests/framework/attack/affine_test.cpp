// What attacks must do to an affine classifier is known by hand.
#include <catch2/catch.hpp>
#include <torch/script.h>

#include "framework/attack/attack.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

std::unique_ptr<Classifier> script(const std::string& body) {
  const TemporaryFolder folder;
  torch::jit::Module module("affine");
  module.define("def forward(self, x):\n" + body);
  module.save((folder / "m.pt").string());
  return load_classifier((folder / "m.pt").string());
}

AttackResult attack(const char* spec, Classifier& classifier, const torch::Tensor& images,
                    const Goal& goal) {
  NoProgress silent;
  return (*Registry<Attack>::instance().make(Spec::parse(spec)))(classifier, images, goal, silent);
}

/// Two classes; class 1 gains with pixels 0 and 3, loses with pixel 2, and does not see pixel 1.
std::unique_ptr<Classifier> two_classes() {
  return script("    p = x.flatten(1)\n"
                "    z = 2.0 * p[:, 0] - 5.0 * p[:, 2] + 0.1 * p[:, 3]\n"
                "    return torch.stack([torch.zeros_like(z), z], 1)\n");
}

TEST_CASE("FGSM moves every pixel by epsilon along the sign of its weight, and not at all where it is 0") {
  const auto classifier = two_classes();
  const torch::Tensor x = torch::full({1, 1, 2, 2}, 0.5);
  const torch::Tensor sign = torch::tensor({1.0F, 0.0F, -1.0F, 1.0F}).view({1, 1, 2, 2});
  const auto moved = [&](const Goal& goal) {
    return attack("fgsm:epsilon=0.125", *classifier, x, goal).images;
  };
  CHECK(torch::equal(moved(Goal::towards(1, 1)), x + 0.125 * sign));
  CHECK(torch::equal(moved(Goal::towards(0, 1)), x - 0.125 * sign));
  CHECK(torch::equal(moved(Goal::away_from(torch::zeros({1}, torch::kInt64))), x + 0.125 * sign));
}

TEST_CASE("BIM ends at the corner of its box that FGSM reaches, and not beyond") {
  const auto classifier = two_classes();
  const torch::Tensor x = torch::full({1, 1, 2, 2}, 0.5);
  const Goal goal = Goal::towards(1, 1);
  const torch::Tensor box = attack("fgsm:epsilon=0.125", *classifier, x, goal).images;
  CHECK(torch::equal(attack("bim:epsilon=0.125,step=0.03125,steps=4", *classifier, x, goal).images, box));
  CHECK(torch::equal(attack("bim:epsilon=0.125,step=0.0625,steps=9", *classifier, x, goal).images, box));
  const torch::Tensor short_of_it =
      attack("bim:epsilon=0.125,step=0.03125,steps=2", *classifier, x, goal).images;
  CHECK((short_of_it - x).abs().max().item<double>() == Approx(0.0625));
}

TEST_CASE("gradients do not vanish where the softmax is saturated") {
  const auto classifier = script("    z = 200.0 * x.flatten(1)[:, 0]\n"
                                 "    return torch.stack([torch.zeros_like(z), z], 1)\n");
  const torch::Tensor x = torch::full({1, 1, 2, 2}, 0.5);
  // Class 1 leads by 100: its probability is 1 in float32, its gradient away from it is not 0.
  CHECK(attack("fgsm:epsilon=0.1", *classifier, x, Goal::towards(0, 1)).images[0][0][0][0].item<float>() ==
        Approx(0.4F));
}

TEST_CASE("a model that cannot be differentiated, or gives NaN, is named as the trouble") {
  const torch::Tensor x = torch::full({2, 1, 2, 2}, 0.5);
  const auto flat = script("    return torch.zeros([x.size(0), 3])\n");
  CHECK(error_text([&] { attack("fgsm", *flat, x, Goal::towards(1, 2)); }).find("differentiated") !=
        std::string::npos);
  const auto broken = script("    return torch.log(x.flatten(1) - 1.0)\n");
  CHECK(error_text([&] { attack("fgsm", *broken, x, Goal::towards(1, 2)); }).find("finite logits") !=
        std::string::npos);
}

/// Three classes, affine in four pixels.
std::unique_ptr<Classifier> three_classes() {
  return script("    p = x.flatten(1)\n"
                "    a = 3.0 * p[:, 0] - 4.0 * p[:, 2] - 0.8\n"
                "    b = 1.0 * p[:, 1] + 1.0 * p[:, 3] - 1.6\n"
                "    return torch.stack([torch.zeros_like(a), a, b], 1)\n");
}

TEST_CASE("DeepFool steps onto the nearest boundary of an affine classifier, and past it by the overshoot") {
  const auto classifier = three_classes();
  const torch::Tensor x = torch::full({1, 1, 2, 2}, 0.5);  // logits 0, -1.3, -0.6: 0.26 and 0.42 away
  const AttackResult found =
      attack("deepfool:overshoot=0.02", *classifier, x, Goal::away_from(torch::zeros({1}, torch::kInt64)));
  CHECK(found.predicted[0].item<std::int64_t>() == 1);
  CHECK(found.l2[0].item<double>() == Approx(1.02 * 1.3 / 5).epsilon(1e-5));
  CHECK(found.gradients[0].item<std::int64_t>() == 2);
  const AttackResult targeted = attack("deepfool:overshoot=0.02", *classifier, x, Goal::towards(2, 1));
  CHECK(targeted.predicted[0].item<std::int64_t>() == 2);
  CHECK(targeted.l2[0].item<double>() == Approx(1.02 * 0.6 / std::sqrt(2)).epsilon(1e-5));
}

TEST_CASE("Carlini-Wagner comes within 5 % of the boundary of its target in an affine classifier") {
  const auto classifier = three_classes();
  const torch::Tensor x = torch::full({2, 1, 2, 2}, 0.5);
  const AttackResult found = attack("cw", *classifier, x, Goal::towards(torch::tensor({1, 2}, torch::kInt64)));
  CHECK(found.success_rate() == 1);
  const double nearest[] = {1.3 / 5, 0.6 / std::sqrt(2)};
  for (int i : {0, 1}) {
    CHECK(found.l2[i].item<double>() == Approx(nearest[i]).epsilon(0.05));
    CHECK(found.l2[i].item<double>() >= nearest[i] - 1e-6);
  }
}

TEST_CASE("JSMA changes the pixels that serve the target, in each form") {
  const auto classifier = three_classes();
  const torch::Tensor x = torch::full({1, 1, 2, 2}, 0.5);
  const AttackResult found = attack("jsma:gamma=0.5", *classifier, x, Goal::towards(2, 1));
  CHECK(torch::equal(found.images.flatten(), torch::tensor({0.5F, 1.0F, 0.5F, 1.0F})));
  CHECK(found.success[0].item<bool>());
  // Of logits, pixels 1 and 3 do nothing to the other classes, so one of them goes with pixel 2, which lowers class 1.
  const AttackResult logits = attack("jsma:gamma=0.5,form=logit", *classifier, x, Goal::towards(2, 1));
  CHECK(torch::equal(logits.images.flatten(), torch::tensor({0.5F, 1.0F, 1.0F, 0.5F})));
  // The cross-entropy towards class 1 rises most with pixel 2, so that is lowered, a tenth a step, until class 1 wins.
  const AttackResult fast =
      attack("jsma:preset=foolbox", *classifier, x, Goal::towards(1, 1));
  CHECK(fast.success[0].item<bool>());
  CHECK(fast.images.flatten()[2].item<double>() == Approx(0.1).margin(1e-6));
  CHECK(fast.l0[0].item<double>() == 1);
}

TEST_CASE("an image that nothing helps is given up and comes back as far as it got") {
  const auto classifier = script("    z = x.flatten(1).sum(1) * 0.0\n"
                                 "    return torch.stack([z + 1.0, z], 1)\n");
  const torch::Tensor x = torch::full({2, 1, 2, 2}, 0.5);
  for (const char* spec : {"jsma:gamma=1", "jsma:gamma=1,form=logit", "jsma:preset=foolbox", "deepfool", "cw:steps=20",
                           "fgsm-minimal", "pgd:norm=l2,start=false"}) {
    INFO(spec);
    const AttackResult found = attack(spec, *classifier, x, Goal::towards(1, 2));
    CHECK(found.success_rate() == 0);
    CHECK(torch::equal(found.images, x));
  }
}

}  // namespace
}  // namespace deepmine
