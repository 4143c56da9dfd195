#include "framework/core/csv.h"
#include "framework/core/error.h"
#include "tests/fuzz/fuzz.h"

using namespace deepmine;

/// A file that is read is written as one that reads the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const std::string once = format_csv(parse_csv(text, "input"), "copy");
    must(format_csv(parse_csv(once, "copy"), "copy") == once);
  } catch (const Error&) {  // what a user is told
  }
  return 0;
}
