#include <algorithm>

#include "framework/app/command.h"
#include "framework/app/json_output.h"
#include "framework/app/standard_streams.h"
#include "framework/app/stored_run.h"
#include "framework/core/error.h"
#include "framework/evaluate/run_tables.h"
#include "framework/run/experiment.h"

namespace deepmine {
namespace {

namespace po = boost::program_options;

/// What a run gives beside what was published, and what must hold of it.
struct Verdict {
  std::string run;
  Table cells, checks;
  std::int64_t n_inside = 0, n_with_interval = 0, n_failed = 0;
  double mean_difference = 0;  ///< absolute

  Verdict(Database& database, std::string uid) : run(std::move(uid)) {
    cells = query_table(database,
                        "SELECT row, col AS \"column\", metric, published, ours, difference, ci_low AS \"from\","
                        " ci_high AS \"to\", iif(inside IS NULL, NULL, iif(inside, 'yes', 'no')) AS inside,"
                        " images_low AS \"images from\", images_high AS \"images to\" FROM comparison WHERE run = ?1 "
                        "ORDER BY metric, row, CAST(col AS INTEGER), col",
                        {run}, 3);
    checks = check_table(database, run);
    Statement sums = database.prepare("SELECT total(inside), count(inside), total(abs(difference)), count(*),"
                                      " (SELECT count(*) FROM shape_check WHERE run = ?1 AND NOT passed)"
                                      " FROM comparison WHERE run = ?1");
    sums.bind(run).step();
    n_inside = sums.integer(0);
    n_with_interval = sums.integer(1);
    n_failed = sums.integer(4);
    Statement status = database.prepare("SELECT status FROM run WHERE uid = ?1");
    status.bind(run).step();
    ensure(status.text(0) == "finished",
           "run {}: expected a finished one, found one that is {}; finish it with deepmine run", run, status.text(0));
    if (sums.integer(3) > 0) mean_difference = sums.real(2) / static_cast<double>(sums.integer(3));
  }

  bool holds() const { return n_failed == 0; }
  bool is_empty() const { return cells.rows.empty() && checks.rows.empty(); }
};

void print(const Verdict& verdict) {
  Table cells = verdict.cells;
  cells.title = "Published cells beside ours, run " + verdict.run;
  if (cells.rows.empty()) {
    cells.notes.push_back(
        "no published cell can be compared with this run: other images, or other options than the paper's");
  } else {
    cells.notes.push_back(
        fmt::format("{} cells, mean absolute difference {:.3f}; the published value lies inside our 95 % "
                    "interval in {} of {}",
                    cells.rows.size(), verdict.mean_difference, verdict.n_inside, verdict.n_with_interval));
    cells.notes.push_back(
        "from, to: 95 % by bootstrap over test sets, which share images and so are too sure; for single images "
        "over their scores. images from, to: over images, of runs with image-resamples");
  }
  Table checks = verdict.checks;
  checks.notes.push_back(checks.rows.empty()
                             ? "this run has no shape checks"
                             : fmt::format("{} of {} hold",
                                           checks.rows.size() - static_cast<std::size_t>(verdict.n_failed),
                                           checks.rows.size()));
  fmt::print(results(), "{}\n{}\n", cells.markdown(), checks.markdown());
}

/// All published cells beside what the store has of them, over its models; no rows where the experiment has no such
/// list.
Table coverage(Database& database, const std::string& experiment) {
  Table cells = query_table(database,
                            "SELECT tbl AS \"table\", row, col AS \"column\", metric, published, ours, low, high, "
                            "strict, models, source, note FROM coverage WHERE paper = ?1 ORDER BY tbl, row, col, "
                            "metric DESC",
                            {experiment}, 4);
  const auto measured = std::count_if(cells.rows.begin(), cells.rows.end(), [](const std::vector<Value>& row) {
    return std::holds_alternative<double>(row[5]);
  });
  cells.title = "All published cells";
  cells.notes.push_back(fmt::format("{} cells, of which {} are measured in this store", cells.rows.size(), measured));
  return cells;
}

Json json_of(const std::string& experiment, const Verdict& verdict) {
  return {{"experiment", experiment},
          {"run", verdict.run},
          {"holds", verdict.holds()},
          {"cells", Json::parse(verdict.cells.json())["rows"]},
          {"inside", verdict.n_inside},
          {"with_interval", verdict.n_with_interval},
          {"mean_absolute_difference", verdict.mean_difference},
          {"checks", Json::parse(verdict.checks.json())["rows"]}};
}

int verify(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  line.add()("experiment", po::value<std::string>()->value_name("NAME"), "see deepmine list experiments")(
      "run", po::value<std::string>()->value_name("UID")->default_value(""),
      "this run instead of the last finished one")(
      "profile", po::value<std::string>()->value_name("NAME")->default_value(""), "only runs of this profile")(
      "json", po::bool_switch(), "print one JSON object");
  line.positional("experiment", 1);
  if (!line.parse(words)) return 0;
  const std::string name = line.required("experiment");
  Registry<Experiment>::instance().make({name, {}});  // told before a store is looked for
  ResultStore store = ResultStore::open_read_only(line.common().store);
  const std::string run = find_run(store.database(), name, line.required("run"), line.required("profile"));
  std::vector<Verdict> verdicts;
  for (const std::string& uid : line.given("run") ? RunsTogether{run} : runs_with(store.database(), run)) {
    verdicts.emplace_back(store.database(), uid);
  }
  const Table all = coverage(store.database(), name);
  const bool empty = std::any_of(verdicts.begin(), verdicts.end(), [](const Verdict& one) { return one.is_empty(); });
  ensure(!all.rows.empty() || !empty,
         "run {}: expected published cells or shape checks, found neither; nothing can be verified", run);
  if (line.flag("json")) {
    Json found = json_of(name, verdicts.front());
    for (std::size_t i = 1; i < verdicts.size(); ++i) {
      found["holds"] = found["holds"] && verdicts[i].holds();
      found["together_with"].push_back(json_of(name, verdicts[i]));
    }
    found["coverage"] = Json::parse(all.json())["rows"];
    print_json(found);
  } else {
    for (const Verdict& verdict : verdicts) print(verdict);
    if (!all.rows.empty()) fmt::print(results(), "{}\n", all.markdown());
  }
  return std::all_of(verdicts.begin(), verdicts.end(), [](const Verdict& verdict) { return verdict.holds(); }) ? 0 : 1;
}

const RegisterCommand registered({"verify", "verify EXPERIMENT [--run UID | --profile NAME] [--json]",
                                  "sets a run beside the published cells; exit 1 when a shape check fails", verify});

}  // namespace
}  // namespace deepmine
