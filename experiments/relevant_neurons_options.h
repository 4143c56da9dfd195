#pragma once

#include <map>
#include <string>

#include "framework/evaluate/attack_benchmark_options.h"

namespace deepmine {

/// The protocol of relevant-neurons with the values of its LeNet rows: attacks are those of Foolbox 1.8, all images
/// that are classified right are attacked, and a detector learns from one of the attacks.
struct RelevantNeuronsOptions : AttackBenchmarkOptions {
  RelevantNeuronsOptions() {
    dataset = "mnist";
    model = "results/checkpoints/lenet-mnist-1.npz";
    ood = "gaussian:n=1000,shape=1x28x28";  // the only set of no attack, so that there is one
    attacks = "fgsm-minimal:preset=foolbox+jsma:preset=foolbox+cw:preset=foolbox";
    attacked = "0+0+1000";  // of 10,000, for the time that CW takes
    aimed = "jsma";         // as in Foolbox, which takes the class that a gradient attack reaches
    learn_attack = "fgsm-minimal:preset=foolbox";
    learn = 10000;
    detector = "relevant-neurons";
  }

  void describe(Fields& fields) { AttackBenchmarkOptions::describe(fields, "relevant-neurons"); }
  std::map<std::string, std::string> canonical() const { return canonical_values(*this); }
};

}  // namespace deepmine
