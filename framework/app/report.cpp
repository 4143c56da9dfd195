#include "framework/app/command.h"
#include "framework/app/input_file.h"
#include "framework/app/output_claim.h"
#include "framework/app/standard_streams.h"
#include "framework/app/stored_run.h"
#include "framework/app/work_folder.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/run/experiment.h"
#include "framework/run/html.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

/// A run that the report shows in full.
struct Shown {
  std::string uid, experiment, profile, dataset;
  std::string id() const { return "run-" + uid; }
  std::string title() const {
    return fmt::format("{}, profile {}, {}, run {}", experiment, profile, dataset, uid.substr(0, 8));
  }
};

/// The last finished run of each choice of experiment, profile, dataset, weights, attack, detector and layer; at most
/// a dozen, the latest. All stand in the table of runs.
std::vector<Shown> shown_runs(Database& database) {
  Statement rows = database.prepare(
      "WITH choice AS (SELECT r.uid, r.experiment, r.profile, r.finished, (SELECT value FROM param WHERE run = r.uid "
      "AND key = 'dataset')"
      "  AS dataset, (SELECT group_concat(value, ' ') FROM (SELECT value FROM param WHERE run = r.uid"
      "  AND key IN ('attack', 'attacks', 'detector', 'layer') ORDER BY key)) AS options,"
      "  (SELECT group_concat(sha256) FROM (SELECT sha256 FROM run_input WHERE run = r.uid AND role <> 'source diff' "
      "ORDER BY role)) AS inputs  FROM run AS r WHERE r.status = 'finished' AND r.profile <> 'command')"
      "SELECT uid, experiment, profile, dataset FROM (SELECT *, max(finished) FROM choice GROUP BY experiment, "
      "profile, dataset, options, inputs"
      " ORDER BY finished DESC LIMIT 12) ORDER BY experiment, profile, dataset, finished");
  std::vector<Shown> runs;
  while (rows.step()) {
    // A run that is shown together with another one has no section of its own.
    const Shown run{rows.text(0), rows.text(1), rows.text(2), rows.text(3)};
    if (runs_with(database, run.uid).front() == run.uid) runs.push_back(run);
  }
  return runs;
}

/// Figures as elements of the page, `mark` making their ids the page's own. Pictures of many pixels would make it too
/// large.
std::string drawn(const std::vector<Figure>& figures, const fs::path& folder, const std::string& mark) {
  constexpr std::uintmax_t kMostBytes = 400000;
  std::string result;
  draw(figures, folder);
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const fs::path file = folder / (figures[i].name + ".svg");
    if (fs::file_size(file) > kMostBytes) {
      result += fmt::format("<p>Figure left out for its size: {}. deepmine table --figures draws it.</p>\n",
                            html_text(figures[i].text));
      continue;
    }
    result += html_figure(read_file(file), fmt::format("{}-f{}-", mark, i), figures[i].text);
  }
  return result;
}

std::string provenance_of(Database& database, const std::string& uid) {
  const Table run =
      query_table(database,
                  "SELECT uid, status, seed, threads, started, finished, command, code_version, git_commit,"
                  " CASE dirty WHEN 0 THEN 'clean' WHEN 1 THEN 'changed since' END AS tree, compiler, flags,"
                  " libraries, cpu, os FROM run WHERE uid = ?1",
                  {uid});
  const Table params = query_table(database, "SELECT key, value FROM param WHERE run = ?1 ORDER BY key", {uid});
  const Table inputs =
      query_table(database,
                  "SELECT i.role, i.sha256 || coalesce(' ' || m.network || ' ' || m.recipe, ' ' || d.name, '')"
                  " FROM run_input AS i LEFT JOIN model AS m USING (sha256) LEFT JOIN dataset AS d USING (sha256)"
                  " WHERE i.run = ?1 ORDER BY 1",
                  {uid});
  const auto text = [](const Value& value) {
    if (const auto* word = std::get_if<std::string>(&value)) return html_text(*word);
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    return std::string("–");
  };
  std::string list;
  for (std::size_t i = 0; i < run.columns.size(); ++i) {
    list += fmt::format("<dt>{}</dt><dd>{}</dd>\n", html_text(run.columns[i].name), text(run.rows[0][i]));
  }
  for (const Table* more : {&params, &inputs}) {
    for (const auto& row : more->rows) list += fmt::format("<dt>{}</dt><dd>{}</dd>\n", text(row[0]), text(row[1]));
  }
  return "<details><summary>where these numbers come from</summary><dl>\n" + list + "</dl></details>\n";
}

std::string comparison_of(Database& database, const Shown& run) {
  Table cells =
      query_table(database,
                  "SELECT row, col AS \"column\", metric, ours, published, ci_low AS \"from\", ci_high AS \"to\","
                  " iif(inside IS NULL, NULL, iif(inside, 'yes', 'no')) AS inside FROM comparison WHERE run = ?1"
                  " ORDER BY metric, row, CAST(col AS INTEGER), col",
                  {run.uid}, 3);
  if (cells.rows.empty()) return {};
  cells.title = "Every published cell beside ours";
  cells.notes = {"from, to: the 95 % interval of ours; inside: the published value lies in it"};
  return html_table(cells, {run.id() + "-cells", "SELECT * FROM comparison WHERE run = " + sql_text(run.uid) + ";"});
}

std::string section(Database& database, const Shown& run, const fs::path& artifacts, const WorkFolder& folder) {
  const auto experiment = Registry<Experiment>::instance().make({run.experiment, {}});
  std::string html =
      fmt::format("<section aria-labelledby=\"{0}\"><h2 id=\"{0}\">{1}</h2>\n", run.id(), html_text(run.title()));
  const RunsTogether runs = runs_with(database, run.uid);
  for (const std::string& uid : runs) html += provenance_of(database, uid);
  std::size_t number = 0;
  for (const Table& table : experiment->tables(database, runs)) {
    html += html_table(table, {fmt::format("{}-t{}", run.id(), ++number), table.sql});
  }
  html += comparison_of(database, run);
  try {
    html += drawn(experiment->figures(database, runs, artifacts), folder.path(), run.id());
  } catch (const std::runtime_error& error) {  // no gnuplot, or files of the run that lie elsewhere
    log_line(fmt::format("warning: no figures of run {}: {}", run.uid, error.what()));
  }
  return html + "</section>\n";
}

std::string runs_section(Database& database) {
  constexpr const char* kSql =
      "SELECT r.uid AS run, r.experiment, r.profile, r.status, d.value AS dataset, m.network, m.test_accuracy AS "
      "accuracy,\n"
      "  (SELECT coalesce(sum((SELECT max(item) + 1 FROM score WHERE cell = c.cell)), 0) FROM score_cell AS c WHERE "
      "c.run = r.uid) AS scores,\n"
      "  (SELECT count(*) FROM shape_check WHERE run = r.uid AND NOT passed) AS \"failed checks\", r.finished, "
      "r.seed,\n"
      "  substr(r.git_commit, 1, 10) || iif(r.dirty, ' +', '') AS \"commit\", r.command\n"
      "FROM run AS r LEFT JOIN param AS d ON d.run = r.uid AND d.key = 'dataset'\n"
      "LEFT JOIN run_input AS i ON i.run = r.uid AND i.role IN ('model', 'classifier') LEFT JOIN model AS m ON "
      "m.sha256 = i.sha256\n"
      "ORDER BY r.started";
  Table runs = query_table(database, kSql, {}, 4);
  return "<section aria-labelledby=\"runs\"><h2 id=\"runs\">Runs</h2>\n" +
         html_table(runs, {"runs-table", std::string(kSql) + ";", true}) + "</section>\n";
}

std::string page(Database& database, const fs::path& artifacts) {
  const WorkFolder folder;
  const std::vector<Shown> runs = shown_runs(database);
  std::string body =
      fmt::format("<header><h1>deepmine: results of {}</h1>\n<p>Ours beside the papers'. {}</p></header>\n",
                  html_text(database.path().filename().string()), html_text(version_text()));
  std::string links;
  for (const Shown& run : runs) {
    links += fmt::format("<li><a href=\"#{}\">{}</a></li>", run.id(), html_text(run.title()));
  }
  body += "<nav aria-label=\"Contents\"><ul>" + links + "<li><a href=\"#runs\">Runs</a></li></ul></nav>\n";
  body += "<p class=\"key\"><span class=\"lower\" style=\"--much:.4\">below the paper</span><span class=\"higher\" "
          "style=\"--much:.4\">above it</span> stronger the farther; headers sort.</p>\n<main>\n";
  for (const Shown& run : runs) body += section(database, run, artifacts, folder);
  if (runs.empty()) body += "<p>No run in this store is finished.</p>\n";
  return html_page("deepmine: results", body + runs_section(database) + "</main>\n");
}

int report(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  line.add()("out", text("FILE"), "page to write (.html)")(
      "artifacts", text("DIR"), "where runs left what figures need (default: artifacts beside the store)");
  if (!line.parse(words)) return 0;
  const fs::path out = line.required("out"), store_file = line.common().store;
  check_output("--out", out, {".html"}, {store_file});
  ResultStore store = ResultStore::open_read_only(store_file);
  const fs::path artifacts =
      line.has("artifacts") ? fs::path(line.required("artifacts")) : store_file.parent_path() / "artifacts";
  at_work_on_outputs();
  const std::string html = page(store.database(), artifacts);
  write_file(out, html);
  fmt::print(results(), "{}  {} kB\n", out.string(), (html.size() + 512) / 1024);
  return 0;
}

const RegisterCommand registered({"report", "report --out FILE.html [--artifacts DIR]",
                                  "one self-contained page: tables, figures, runs and where they come from", report});

}  // namespace
}  // namespace deepmine
