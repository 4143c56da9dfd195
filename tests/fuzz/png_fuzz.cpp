#include "framework/core/error.h"
#include "framework/data/png.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/image_files.h"

using namespace deepmine;

namespace {

/// A file as it stands; else one with the right checksums, past which changed bytes hardly ever get: a header, chunks
/// by name and rows, all taken from the input.
std::string file_of(Bytes bytes) {
  if (bytes.rest().substr(0, 4) == "\x89PNG") return std::string(bytes.rest());
  PngForm form{bytes.next(), bytes.next()};
  form.depth = static_cast<char>(bytes.next());
  form.colours = static_cast<char>(bytes.next());
  form.interlace = static_cast<char>(bytes.next());
  std::string before;
  for (std::size_t left = bytes.up_to(3); left > 0; --left) {
    const std::string kind = bytes.text(4);
    before += png_chunk(kind, bytes.text(bytes.next()));
  }
  return png_of(form, std::string(bytes.rest()), before);
}

}  // namespace

/// What is decoded has as many values as its sizes say, the same each time, and the size that was asked for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string file = file_of(Bytes(data, size));
  try {
    const Image image = decode_png(file, "input", {});
    must(image.channels == 1 || image.channels == 3);
    must(image.pixels.size() == image.size.height * image.size.width * image.channels);
    must(decode_png(file, "input", image.size).pixels == image.pixels);
  } catch (const Error&) {  // what a user is told
  }
  return 0;
}
