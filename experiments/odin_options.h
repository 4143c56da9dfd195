#pragma once

#include <map>
#include <string>

#include "framework/evaluate/benchmark_options.h"

namespace deepmine {

/// The protocol of ODIN's table (Liang et al. 2018, section 4) with its values.
struct OdinOptions : BenchmarkOptions {
  OdinOptions() {
    dataset = "cifar10";
    ood = "isun+lsun-resize+tiny-imagenet-resize+svhn";
    skip = 1000;
    whole = "svhn";
    fit = 5000;
  }

  void describe(Fields& fields) {
    const char* const source = "Liang et al. 2018";
    BenchmarkOptions::describe(fields, source);
    fields.add({"skip",
                &skip,
                "images",
                "first images of every set that are left out: epsilon was chosen on them",
                source,
                {0, 1e9}});
    fields.add({"whole", &whole, "",
                "sets of ood, with + between them, of which none are left out: epsilon was chosen on none of them",
                "ours: ODIN's authors did not measure SVHN"});
  }
  std::map<std::string, std::string> canonical() const { return canonical_values(*this); }
};

}  // namespace deepmine
