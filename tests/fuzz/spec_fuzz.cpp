#include "framework/core/error.h"
#include "framework/core/flat_json.h"
#include "framework/core/spec.h"
#include "tests/fuzz/fuzz.h"

using namespace deepmine;

namespace {

/// An option of each kind.
struct Options {
  double rate = 0.1;
  std::int64_t steps = 3;
  bool clip = true;
  std::string norm = "linf", file;

  void describe(Fields& fields) {
    fields.add({"rate", &rate, "", "", "", {0, 1, true, false}});
    fields.add({"steps", &steps, "", "", "", {1, 100}});
    fields.add({"clip", &clip, "", "", ""});
    fields.add({"norm", &norm, "", "", "", {}, {"linf", "l2"}});
    fields.add({"file", &file, "", "", ""});
  }
  static Presets presets() { return {{"slow", "here", {{"steps", "99"}}}}; }
};

/// What is read is written as what reads the same.
void read_spec(std::string_view text) {
  const Spec spec = Spec::parse(text);
  must(Spec::parse(spec.text()).text() == spec.text());
  const Options options = parse_options<Options>(spec);
  must(options.rate > 0 && options.rate <= 1 && options.steps >= 1 && options.steps <= 100);
  const std::string canonical = canonical_text(spec.name, options);
  must(canonical_text(spec.name, parse_options<Options>(Spec::parse(canonical))) == canonical);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    read_spec(text);
  } catch (const Error&) {  // what a user is told
  }
  try {
    parse_specs(text);
  } catch (const Error&) {
  }
  try {
    parse_options<Options>(Spec{"config", parse_flat_json(text, "input")});
  } catch (const Error&) {
  }
  return 0;
}
