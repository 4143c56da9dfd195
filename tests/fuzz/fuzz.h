#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace deepmine {

/// What has to hold for every input.
inline void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace deepmine

/// Called with every input, by libFuzzer or by replay.cpp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
