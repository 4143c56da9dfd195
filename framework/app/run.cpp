#include <fmt/ranges.h>
#include <torch/version.h>

#include "framework/app/choice.h"
#include "framework/app/standard_streams.h"
#include "framework/app/started_here.h"
#include "framework/app/terminal_progress.h"
#include "framework/app/warnings.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

int run(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  Choice::add_options(line);
  line.add()("artifacts", text("DIR"), "where adversarial images are kept (default: artifacts beside the store)")(
      "format", text("NAME")->default_value("markdown"), "markdown, csv, latex or json")(
      "strict", po::bool_switch(), Warnings::kStrictHelp);
  if (!line.parse(words)) return 0;
  const Choice choice = Choice::of(line);
  render(Table{}, line.required("format"));  // an unknown format is told before anything is measured

  const CommonOptions& common = line.common();
  const int threads = set_up_torch(common.threads);
  ResultStore store = ResultStore::open(common.store);
  const auto progress = make_progress(common.quiet);
  const fs::path artifacts = line.has("artifacts") ? fs::path(line.required("artifacts"))
                                                   : common.store.parent_path() / "artifacts";
  Warnings warnings(line.flag("strict"));
  std::vector<MeasuredRun> measured;
  for (std::size_t i = 0; i < choice.runs.size(); ++i) {
    const ChosenRun& chosen = choice.runs[i];
    if (!choice.swept.empty() && !common.quiet) {
      log_line(fmt::format("sweep: {} of {}, {}", i + 1, choice.runs.size(), fmt::join(choice.values[i], ", ")));
    }
    Workplace place{store,
                    common.data,
                    artifacts,
                    chosen.seed,
                    threads,
                    chosen.profile,
                    started_here(chosen.command()),
                    provenance({{"libtorch", TORCH_VERSION}}),
                    *progress,
                    {},
                    choice.runs.size() > 1};
    place.warn = [&](const std::string& text) { warnings.add(text); };
    auto experiment = chosen.make();
    const std::string uid = measure(*experiment, place);
    measured.push_back({choice.values[i], std::move(experiment), uid});
  }
  show(choice.swept, measured, store, artifacts, line.required("format"), common.quiet);
  return 0;
}

const RegisterCommand registered({"run",
                                  "run EXPERIMENT [--profile quick|paper] [--set KEY=VALUE]... [--sweep "
                                  "KEY=VALUE,VALUE]... [--config FILE] [--strict]",
                                  "measures what the store does not hold yet, then prints the tables", run});

}  // namespace
}  // namespace deepmine
