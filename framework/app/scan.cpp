#include <numeric>

#include "framework/app/command.h"
#include "framework/app/input_file.h"
#include "framework/app/p_value_source.h"
#include "framework/app/scan_report.h"
#include "framework/app/terminal_progress.h"
#include "framework/app/warnings.h"
#include "framework/core/error.h"
#include "framework/core/interrupt.h"

namespace deepmine {
namespace {

namespace po = boost::program_options;

constexpr std::uint64_t kMostRestarts = 100000;
constexpr std::uint64_t kMostNodes = 1'000'000'000;

void add_options(CommandLine& line) {
  line.add()("p-values", text("FILE"), "p-values to scan [inputs x nodes], in (0, 1]")(
      "background", texts("FILE"),
      "or: activations of clean inputs [inputs x nodes], for a joint scan one file for each layer")(
      "evaluation", texts("FILE"), "and activations to scan [inputs x nodes], as many files")(
      "statistic", text("NAME")->default_value("berk-jones"), "see deepmine list statistics")(
      "alpha-max", text("ALPHA")->default_value("0.5"), "largest significance level, in (0, 1]; the "
      "background needs 1 / ALPHA - 1 inputs or more, of both tails 2 / ALPHA - 1")(
      "alphas", text("GRID")->default_value("exact"),
      "significance levels tried: exact (every p-value), linear:K or fixed:A, A at most alpha-max")(
      "start", text("SCHEME")->default_value("paper"), "paper, authors, all-nodes or all-inputs")(
      "restarts", text("N")->default_value("5"), "ascents; one for all-nodes and all-inputs")(
      "group", text("N")->default_value("1"),
      "nodes searched as one, N in a row; channel: whole channels of files [N,C,H,W]")(
      "one-class", po::bool_switch(), "look for inputs of one class only (--evaluation-classes)")(
      "individual", po::bool_switch(), "scan each input alone")(
      "truth", text("FILE"), "1 for each anomalous input, 0 for each clean one")(
      "strict", po::bool_switch(), Warnings::kStrictHelp)("json", po::bool_switch(), "print one JSON object");
  add_p_value_options(line);
}

ScanOptions scan_options(const CommandLine& line) {
  return {parse_scan_statistic(line.required("statistic")),
          AlphaGrid::parse(line.required("alphas"), line.real("alpha-max")),
          parse_start_scheme(line.required("start")),
          static_cast<std::size_t>(line.whole_number("restarts", 1, kMostRestarts))};
}

/// The number of nodes that `--group` stands for.
std::size_t group_of(const CommandLine& line, const ScanInput& input) {
  if (line.required("group") == "channel") {
    ensure(input.channel_nodes > 0,
           "--group: expected files of more than two axes, [N,C,H,W], with channels of one size for "
           "channel, found others; write them with activations --keep-shape, or give height x width");
    return input.channel_nodes;
  }
  const auto group = static_cast<std::size_t>(line.whole_number("group", 1, kMostNodes));
  for (const LayerSpan& layer : input.layers) {
    ensure(layer.nodes % group == 0,
           "--group: expected a size that divides the {} nodes of {}, found {}; a channel has height x "
           "width nodes",
           layer.nodes, layer.name, group);
  }
  return group;
}

Truth read_truth(const CommandLine& line, std::size_t inputs) {
  if (!line.has("truth")) return {};
  const std::string file = line.required("truth");
  Truth truth;
  for (const std::int64_t entry : read_whole_numbers(file, inputs, "0 or 1 per input", csv_of(line))) {
    ensure(entry == 0 || entry == 1,
           "{}: expected 0 (clean) or 1 (anomalous), found {} for input {}; "
           "mend that row",
           file, entry, truth.size());
    truth.push_back(static_cast<std::uint8_t>(entry));
  }
  return truth;
}

template <typename Report>
void show(const Report& report, bool as_json) {
  throw_if_interrupted();
  if (as_json) {
    print_json(report.json());
  } else {
    report.print();
  }
}

int run(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  add_options(line);
  if (!line.parse(words)) return 0;
  for (const char* option : {"one-class", "group", "start", "restarts"}) {
    line.exclude("individual", option);
  }
  ensure(!line.has("evaluation-classes") || line.has("background-classes") || line.flag("one-class"),
         "--evaluation-classes: expected --background-classes or --one-class with it, found neither");
  ScanOptions options = scan_options(line);
  const bool individual = line.flag("individual");
  const auto progress = make_progress(line.common().quiet);
  const bool one_class = line.flag("one-class");
  const Use use = individual ? Use::kAlone : one_class ? Use::kClasses : Use::kGroups;
  ScanInput input = read_scan_input(line, options.alphas, use, *progress);
  Warnings warnings(line.flag("strict"));
  warnings.add(input.warnings);
  warnings.record();
  const PValueMatrix& p_values = input.p_values;
  options.group = group_of(line, input);
  const Truth truth = read_truth(line, p_values.inputs());
  throw_if_interrupted();
  if (individual) {
    show(IndividualReport{individual_scan(p_values, options.statistic), truth, input.warnings}, line.flag("json"));
    return 0;
  }
  const Seed seed = Seed(line.common().seed).child("scan");
  if (one_class) {
    const Classes classes = read_evaluation_classes(line, p_values.inputs());
    std::vector<std::size_t> all(p_values.inputs());
    std::iota(all.begin(), all.end(), std::size_t{0});
    const ScanPool pool(std::move(input.p_values), options);
    const ClassScan found = scan_within_classes(pool, all, classes, seed);
    show(ScanReport{pool.p_values(), options, found.result, truth, found.label, input.layers, input.warnings},
         line.flag("json"));
    return 0;
  }
  const ScanResult result = scan(p_values, options, seed, progress.get());
  show(ScanReport{p_values, options, result, truth, {}, input.layers, input.warnings}, line.flag("json"));
  return 0;
}

const RegisterCommand registered(
    {"scan", "scan (--p-values P | --background B --evaluation E) [options] [--json]",
     "scans activations or p-values for an anomalous subset", run});

}  // namespace
}  // namespace deepmine
