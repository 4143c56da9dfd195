#pragma once

#include <map>
#include <string>

#include "framework/evaluate/attack_benchmark_options.h"

namespace deepmine {

/// The protocol of uniform-svdd with the values of its LeNet rows; attacks are those of the LID repository.
struct UniformSvddOptions : AttackBenchmarkOptions {
  UniformSvddOptions() {
    dataset = "mnist";
    model = "results/checkpoints/lenet-mnist-1.npz";
    ood = "fashion-mnist+omniglot+gaussian:shape=1x28x28+uniform:shape=1x28x28";
    attacks = "fgsm:epsilon=0.4+bim-a:preset=lid-mnist+bim-b:preset=lid-mnist+jsma:preset=lid+cw:preset=carlini";
    attacked = "0+0+0+1000+100";
    fooling = "fooling";
    learn_attack = "fgsm:epsilon=0.4";
    detector = "one-class:layers=conv1+logits";
  }

  void describe(Fields& fields) { AttackBenchmarkOptions::describe(fields, "uniform-svdd; LID repository"); }
  std::map<std::string, std::string> canonical() const { return canonical_values(*this); }
};

}  // namespace deepmine
