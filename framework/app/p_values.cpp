#include <fmt/format.h>

#include "framework/app/command.h"
#include "framework/app/input_file.h"
#include "framework/app/p_value_source.h"
#include "framework/app/standard_streams.h"
#include "framework/app/terminal_progress.h"
#include "framework/core/error.h"
#include "framework/core/memory.h"

namespace deepmine {
namespace {

namespace po = boost::program_options;

/// A CSV file is put together as text beside the numbers.
void check_text_memory(const ActivationFiles& files, const std::filesystem::path& out) {
  constexpr double kNumber = 8, kDigits = 30;  // of a number and its text, which is copied as it grows
  if (out.extension() != ".csv") return;
  const double cells = static_cast<double>(files.inputs()) * static_cast<double>(files.nodes());
  ensure_memory(held_memory() + static_cast<std::uint64_t>(cells * (kNumber + kDigits)), "write .npy");
}

int p_values(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  line.add()("background", texts("FILE"), "activations of clean inputs [inputs x nodes]; of several "
             "layers: one file for each")(
      "evaluation", texts("FILE"), "activations to rank against them, as many files")(
      "out", text("FILE"), "p-values to write [inputs x nodes], float64 (.npy or .csv)")(
      "lower-end", po::bool_switch(),
      "the lower end of each p-value's range, #{background > a} / (M + 1)");
  add_p_value_options(line);
  if (!line.parse(words)) return 0;
  line.exclude("lower-end", "tails");
  line.exclude("lower-end", "background-classes");
  ensure(line.has("background-classes") || !line.has("evaluation-classes"),
         "--evaluation-classes: expected --background-classes with it, found none");
  const std::string out = line.required("out");
  const ActivationFiles files(line);
  check_output("--out", out, {".npy", ".csv"}, files.paths());
  check_text_memory(files, out);

  const PValueEnd end = line.flag("lower-end") ? PValueEnd::kLower : PValueEnd::kUpper;
  const auto progress = make_progress(line.common().quiet);
  Matrix<double> found = files.p_values(end, *progress);
  const std::size_t inputs = found.rows(), nodes = found.cols();
  write_array(out, {{inputs, nodes}, std::move(found).take()});
  fmt::print(results(), "{}  {} inputs x {} nodes\n", out, inputs, nodes);
  return 0;
}

const RegisterCommand registered({"p-values", "p-values --background B --evaluation E --out P",
                                  "empirical p-values of activations", p_values});

}  // namespace
}  // namespace deepmine
