#include "framework/core/error.h"
#include "framework/core/gzip.h"
#include "framework/data/idx.h"
#include "tests/fuzz/fuzz.h"

using namespace deepmine;

/// A file that is read holds as many bytes as its sizes say.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const bool is_packed = bytes.substr(0, 2) == "\x1f\x8b";
    const std::string content = is_packed ? gunzip(bytes, std::size_t{1} << 18, "input") : std::string(bytes);
    for (const std::size_t axes : {1, 3}) {
      if (content.size() < 4 || content[3] != static_cast<char>(axes)) continue;
      const torch::Tensor values = parse_idx(content, axes, "input");
      must(values.dim() == static_cast<std::int64_t>(axes));
      must(4 + 4 * axes + static_cast<std::size_t>(values.numel()) == content.size());
    }
  } catch (const Error&) {  // what a user is told
  }
  return 0;
}
