#include "framework/core/error.h"
#include "framework/data/jpeg.h"
#include "tests/fuzz/fuzz.h"

using namespace deepmine;

/// What is decoded has as many values as its sizes say, the same each time, and the size that was asked for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  try {
    const Image image = decode_jpeg(file, "input", {});
    must(image.channels == 1 || image.channels == 3);
    must(image.pixels.size() == image.size.height * image.size.width * image.channels);
    must(decode_jpeg(file, "input", image.size).pixels == image.pixels);
  } catch (const Error&) {  // what a user is told
  }
  return 0;
}
