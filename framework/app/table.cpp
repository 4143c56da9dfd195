#include "framework/app/command.h"
#include "framework/app/standard_streams.h"
#include "framework/app/stored_run.h"
#include "framework/run/experiment.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

int table(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  line.add()("experiment", po::value<std::string>()->value_name("NAME"), "see deepmine list experiments")(
      "format", po::value<std::string>()->value_name("NAME")->default_value("markdown"),
      "markdown, csv, latex or json")(
      "run", po::value<std::string>()->value_name("UID")->default_value(""),
      "this run instead of the last finished one")(
      "profile", po::value<std::string>()->value_name("NAME")->default_value(""),
      "only runs of this profile")("figures", po::value<std::string>()->value_name("DIR"),
                                   "draw the experiment's figures there, too")(
      "artifacts", po::value<std::string>()->value_name("DIR"),
      "where the run left what figures need (default: artifacts beside the store)");
  line.positional("experiment", 1);
  if (!line.parse(words)) return 0;
  const std::string name = line.required("experiment");
  const auto experiment = Registry<Experiment>::instance().make({name, {}});
  ResultStore store = ResultStore::open_read_only(line.common().store);
  const RunsTogether runs =
      runs_with(store.database(), find_run(store.database(), name, line.required("run"), line.required("profile")));
  for (const Table& part : experiment->tables(store.database(), runs)) {
    fmt::print(results(), "{}\n", render(part, line.required("format")));
  }
  if (line.has("figures")) {
    const fs::path artifacts = line.has("artifacts") ? fs::path(line.required("artifacts"))
                                                     : line.common().store.parent_path() / "artifacts";
    draw(experiment->figures(store.database(), runs, artifacts), line.required("figures"));
  }
  return 0;
}

const RegisterCommand registered({"table", "table EXPERIMENT [--format markdown|csv|latex|json]",
                                  "prints an experiment's tables from the store", table});

}  // namespace
}  // namespace deepmine
