#include <fmt/format.h>

#include "framework/app/command.h"
#include "framework/app/input_file.h"
#include "framework/app/p_value_source.h"

namespace deepmine {
namespace {

namespace po = boost::program_options;

int p_values(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  line.add()("background", po::value<std::string>()->value_name("FILE"),
             "activations of clean inputs [inputs x nodes]")(
      "evaluation", po::value<std::string>()->value_name("FILE"),
      "activations to rank against them [inputs x nodes]")(
      "out", po::value<std::string>()->value_name("FILE"),
      "p-values to write [inputs x nodes], float64 (.npy or .csv)")(
      "lower-end", po::bool_switch(),
      "the lower end of each p-value's range, #{background > a} / (M + 1)");
  if (!line.parse(words)) return 0;
  const std::string out = line.required("out");
  const ActivationFiles files = activation_files(line);
  check_output(out, {".npy", ".csv"}, {files.background, files.evaluation});

  const PValueEnd end = line.flag("lower-end") ? PValueEnd::kLower : PValueEnd::kUpper;
  const Matrix<double> found = files.p_values(end, thread_count(line.common().threads));
  write_array(out, array_of(found));
  fmt::print("{}  {} inputs x {} nodes\n", out, found.rows(), found.cols());
  return 0;
}

const RegisterCommand registered({"p-values", "p-values --background B --evaluation E --out P",
                                  "empirical p-values of activations", p_values});

}  // namespace
}  // namespace deepmine
