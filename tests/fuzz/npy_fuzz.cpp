#include "framework/core/array.h"
#include "framework/core/error.h"
#include "tests/fuzz/fuzz.h"

using namespace deepmine;

/// A file that is read is written as one that reads the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const std::string once = format_npy(parse_npy(bytes, "input"));
    must(format_npy(parse_npy(once, "copy")) == once);
  } catch (const Error&) {  // what a user is told
  }
  return 0;
}
