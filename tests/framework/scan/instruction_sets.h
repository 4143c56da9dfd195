#pragma once

#include <hwy/targets.h>

#include <catch2/catch.hpp>

namespace deepmine {

/// Calls `check` once for each instruction set that this machine has and Highway was built for.
template <typename Check>
void for_each_instruction_set(Check check) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    INFO(hwy::TargetName(target));
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace deepmine
