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

}  // namespace
}  // namespace deepmine
