#include <torch/version.h>

#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "framework/app/child_process.h"
#include "framework/app/command.h"
#include "framework/app/json_output.h"
#include "framework/app/recorded_command.h"
#include "framework/app/setting.h"
#include "framework/app/standard_streams.h"
#include "framework/app/started_here.h"
#include "framework/app/terminal_progress.h"
#include "framework/app/work_folder.h"
#include "framework/core/array.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/interrupt.h"
#include "framework/run/experiment.h"
#include "framework/run/run_comparison.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

constexpr int kInterrupted = 130;

/// The versions that a run keeps as text; `name` says whose.
std::map<std::string, std::string> libraries_in(const std::string& text, const std::string& name) {
  const auto found = nlohmann::json::parse(text, nullptr, false);
  const bool texts =
      found.is_object() && std::all_of(found.begin(), found.end(), [](const auto& value) { return value.is_string(); });
  ensure(texts, "{}: expected a JSON object of versions, found \"{}\"; restore the store from a copy", name,
         text.substr(0, 40));
  return found.get<std::map<std::string, std::string>>();
}

/// What the store says of a run.
struct StoredRun {
  std::string uid, experiment, profile, code_version, cpu, command;
  std::uint64_t seed = 0;
  int threads = 1;
  Settings settings;
  std::map<std::string, std::string> inputs, libraries;

  StoredRun(Database& database, std::string wanted) : uid(std::move(wanted)) {
    Statement row = database.prepare(
        "SELECT experiment, profile, code_version, cpu, seed, threads, libraries, status, command FROM run WHERE uid = "
        "?1");
    ensure(row.bind(uid).step(), "{}: expected the uid of a run, found no run \"{}\"; deepmine table and the table run "
           "name them", database.path().string(), uid);
    ensure(row.text(7) == "finished", "{}: expected a finished run, found one that is {}; finish it with deepmine run",
           uid, row.text(7));
    experiment = row.text(0);
    profile = row.text(1);
    code_version = row.text(2);
    cpu = row.text(3);
    seed = parse_seed(row.text(4), fmt::format("seed of run {}", uid));
    threads = parse_threads(row.text(5), fmt::format("threads of run {}", uid));
    libraries = libraries_in(row.text(6), fmt::format("libraries of run {}", uid));
    command = row.text(8);
    settings = pairs(database, "SELECT key, value FROM param WHERE run = ?1");
    inputs = pairs(database, "SELECT role, sha256 FROM run_input WHERE run = ?1");
  }

 private:
  std::map<std::string, std::string> pairs(Database& database, const char* sql) const {
    Statement rows = database.prepare(sql);
    rows.bind(uid);
    std::map<std::string, std::string> result;
    while (rows.step()) result[rows.text(0)] = rows.text(1);
    return result;
  }
};

/// The options of a stored run. Files are not among its parameters, their checksums are: they are looked for where the
/// profile or the command line of the run had them, or where the user says now.
Settings settings_of(const StoredRun& run, const std::vector<std::string>& given) {
  Settings settings;
  const auto profiles = Registry<Experiment>::instance().make({run.experiment, {}})->profiles();
  if (const auto profile = profiles.find(run.profile); profile != profiles.end()) settings = profile->second;
  std::istringstream words(run.command);
  for (std::string word, before; words >> std::quoted(word, '\''); before = word) {
    if (before == "--set") settings.insert_or_assign(parse_setting(word).first, parse_setting(word).second);
  }
  for (const auto& [key, value] : run.settings) settings[key] = value;
  for (const std::string& text : given) {
    const auto [key, value] = parse_setting(text);
    ensure(run.settings.count(key) == 0,
           "--set {}: expected an option that names a file, found a parameter of the run, which a replay keeps",
           key);
    settings[key] = value;
  }
  return settings;
}

/// Weights that are not the run's, or do not lie where it had them, are told before anything is measured.
void check_files(const StoredRun& run, const Settings& settings) {
  for (const auto& [role, sha256] : run.inputs) {
    const auto file = settings.find(role);
    if (file == settings.end() || run.settings.count(role) > 0) continue;  // a parameter is a name, as a dataset's
    const bool is_file = file->second.find(':') == std::string::npos;  // else NETWORK:weights=FILE
    ensure(!is_file || fs::exists(file->second),
           "{} {}: expected the file that the run used, found none of that name in {}; {}, or say where it lies "
           "with --set {}=FILE",
           role, file->second, fs::current_path().string(), cure_of_folder(run.command), role);
    if (!fs::is_regular_file(file->second)) continue;
    const std::string found = sha256_of_file(file->second);
    ensure(found == sha256,
           "{} {}: expected the file the run used ({}), found another ({}); say where it lies with --set {}=FILE", role,
           file->second, sha256.substr(0, 12), found.substr(0, 12), role);
  }
}

/// What is not as it was, a line each.
std::vector<std::string> changes(const StoredRun& before, const StoredRun& now) {
  std::vector<std::string> lines;
  const auto compare = [&](const std::string& what, const std::string& then, const std::string& today) {
    if (then != today) {
      lines.push_back(fmt::format("{} differs: {} then, {} now", what, then.substr(0, 40), today.substr(0, 40)));
    }
  };
  compare("code", before.code_version.substr(0, 12), now.code_version.substr(0, 12));
  for (const auto& [role, sha256] : now.inputs) {
    const auto then = before.inputs.find(role);
    compare(role, then == before.inputs.end() ? "none" : then->second.substr(0, 12), sha256.substr(0, 12));
  }
  for (const auto& [name, version] : now.libraries) {
    const auto then = before.libraries.find(name);
    compare(name, then == before.libraries.end() ? "none" : then->second, version);
  }
  compare("processor", before.cpu, now.cpu);
  compare("threads", std::to_string(before.threads), std::to_string(now.threads));
  return lines;
}

Json json_of(const RowComparison& comparison) {
  Json examples = Json::array();
  for (const auto& example : comparison.examples) {
    examples.push_back({{"row", example.key}, {"stored", example.first}, {"again", example.second}});
  }
  return {{"rows", comparison.rows},
          {"equal", comparison.n_equal},
          {"different", comparison.n_different},
          {"examples", examples}};
}

void print(const RowComparison& comparison) {
  fmt::print(results(), "{:<10} {} equal, {} different\n", comparison.rows, comparison.n_equal, comparison.n_different);
  for (const auto& example : comparison.examples) {
    fmt::print(results(), "  {}\n    stored  {}\n    again   {}\n", example.key, example.first, example.second);
  }
}

/// The words of a recorded command, as its parameters keep them.
CommandWords words_of(const StoredRun& run) {
  std::vector<std::string> words;
  for (const auto& [key, word] : run.settings) words.push_back(word);  // "word 00", "word 01", ...
  const auto command = CommandWords::of(run.experiment, words);
  ensure(command.has_value(),
         "run {}: expected a recorded activations, attack, p-values, scan or train with a result, found \"{}\"; "
         "restore the store from a copy",
         run.uid, run.command.substr(0, 80));
  return *command;
}

/// The checksum of what it gave.
const std::string& result_of(const StoredRun& run) {
  const auto found = run.inputs.find("result");
  ensure(found != run.inputs.end(),
         "run {}: expected the checksum of its result among its inputs, found none to compare with; "
         "restore the store from a copy, or record the command anew",
         run.uid);
  return found->second;
}

/// Where two files of numbers first differ: "element 12 of 100: 0.5 stored, 0.25 again"; empty where that cannot be
/// told.
std::string first_difference(const fs::path& stored, const fs::path& again) {
  if (stored.extension() != ".npy" || again.extension() != ".npy" || !fs::exists(stored)) return {};
  const Array first = read_array(stored), second = read_array(again);
  if (first.shape != second.shape) return fmt::format("{} stored, {} again", first.description(), second.description());
  const auto a = values_as<double>(first, stored.string()), b = values_as<double>(second, again.string());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return fmt::format("element {} of {}: {} stored, {} again", i, a.size(), a[i], b[i]);
  }
  return {};
}

/// Files that are not where the run had them are told before it is carried out again.
void check_files(const StoredRun& run, const CommandWords& command, const std::map<std::string, std::string>& now) {
  for (const auto& [role, sha256] : run.inputs) {
    const auto named = command.value("--" + role);
    if (!named || now.count(role) > 0) continue;
    fail("--{} {}: expected the file that the run used, found none of that name in {}; {}", role, *named,
         fs::current_path().string(), cure_of_folder(run.command));
  }
}

/// Where the rows that a command left beside its result, and its file of rows, are not as they were, a line each.
std::vector<std::string> rows_that_differ(Database& database, const StoredRun& before, const fs::path& again) {
  ResultStore store = ResultStore::open_read_only(again);
  Statement only = store.database().prepare("SELECT uid FROM run");
  ensure(only.step(), "expected the command to be recorded as it was, found no run of it");
  const StoredRun now(store.database(), only.text(0));
  std::vector<std::string> lines;
  for (const RowComparison& comparison : compare_runs(database, before.uid, store.database(), now.uid)) {
    for (const auto& example : comparison.examples) {
      if (example.first == "missing") continue;  // an older program noted less
      lines.push_back(
          fmt::format("{}: {}: {} stored, {} again", comparison.rows, example.key, example.first, example.second));
    }
  }
  const auto rows_of = [](const StoredRun& run) {
    const auto found = run.inputs.find("rows");
    return found == run.inputs.end() ? std::string("none") : found->second.substr(0, 12);
  };
  if (rows_of(before) != rows_of(now)) {
    lines.push_back(fmt::format("--out-rows: {} stored, {} again", rows_of(before), rows_of(now)));
  }
  return lines;
}

/// Carries out a recorded train, attack, scan, ... again and compares what it gave.
int replay_command(Database& database, const StoredRun& before, bool as_json) {
  const CommandWords command = words_of(before);
  std::vector<std::string> changed;
  if (before.code_version != code_version()) changed.push_back("code differs");
  for (const auto& [name, version] : provenance({{"libtorch", TORCH_VERSION}}).libraries) {
    const auto then = before.libraries.find(name);
    if (then == before.libraries.end() || then->second != version) changed.push_back(name + " differs");
  }
  const auto now = command.inputs();
  check_files(before, command, now);
  for (const auto& [role, sha256] : before.inputs) {
    if (role == "result" || role == "rows" || role == "source diff") continue;
    const auto found = now.find(role);
    if (found == now.end() || found->second != sha256) changed.push_back(fmt::format("{} differs, or is gone", role));
  }
  const std::string stored = result_of(before);

  const WorkFolder folder;
  const std::string extension = command.out ? command.out->extension().string() : "";
  const fs::path out = folder.path() / ("again" + extension), printed = folder.path() / "printed";
  const fs::path store_again = folder.path() / "again.sqlite";
  std::vector<std::string> words{before.experiment};
  for (const std::string& word : command.writing(out)) words.push_back(word);
  if (!command.value("--threads")) words.insert(words.end(), {"--threads", std::to_string(before.threads)});
  words.insert(words.end(), {"--store", store_again.string()});
  const int code = run_again(words, printed);
  if (code == kInterrupted) throw Interrupted();
  ensure(code == 0, "expected the command to succeed as it did, found exit code {}; see above", code);
  const std::string again = sha256_of_file(command.out ? out : printed);
  const std::vector<std::string> rows = rows_that_differ(database, before, store_again);
  const bool equal = again == stored && rows.empty();
  const bool kept = command.out && fs::exists(*command.out) && sha256_of_file(*command.out) == stored;
  const std::string where = again == stored || !kept ? "" : first_difference(*command.out, out);
  if (as_json) {
    print_json({{"run", before.uid}, {"equal", equal}, {"changes", changed}, {"stored", stored}, {"again", again},
                {"first", where},
                {"rows", rows}});
  } else {
    fmt::print(results(), "run {} of {}\n", before.uid, before.experiment);
    for (const std::string& change : changed) fmt::print(results(), "{}\n", change);
    if (changed.empty()) fmt::print(results(), "method, libraries and files are as they were\n");
    fmt::print(results(), "result {} stored, {} again\n", stored.substr(0, 12), again.substr(0, 12));
    if (!where.empty()) fmt::print(results(), "{}\n", where);
    for (const std::string& row : rows) fmt::print(results(), "{}\n", row);
    fmt::print(results(), "{}\n", equal ? "equal to the last bit" : "different");
  }
  return equal ? 0 : 1;
}

int replay(const std::vector<std::string>& words, const Command& self) {
  std::vector<std::string> sets;
  CommandLine line(self);
  line.add()("run", po::value<std::string>()->value_name("UID"), "a finished run of the store")(
      "set", po::value(&sets)->value_name("KEY=VALUE")->composing(), "where a file of the run lies now, such as "
      "model=FILE")(
      "json", po::bool_switch(), "print one JSON object");
  line.positional("run", 1);
  if (!line.parse(words)) return 0;
  ResultStore store = ResultStore::open_read_only(line.common().store);
  const StoredRun before(store.database(), line.required("run"));
  if (before.profile == "command") {
    ensure(sets.empty(), "--set: expected none for a recorded {}, whose words name its files", before.experiment);
    return replay_command(store.database(), before, line.flag("json"));
  }
  const Settings settings = settings_of(before, sets);
  const auto experiment = Registry<Experiment>::instance().make({before.experiment, settings});
  check_files(before, settings);

  const int threads = set_up_torch(line.given("threads") ? line.common().threads : before.threads);
  const WorkFolder folder;  // adversarial images are made anew, too
  ResultStore again = ResultStore::open(folder.path() / "again.sqlite");
  const auto progress = make_progress(line.common().quiet);
  Workplace place{again, line.common().data, folder.path() / "artifacts", before.seed, threads, before.profile,
                  "deepmine replay " + before.uid, provenance({{"libtorch", TORCH_VERSION}}), *progress};
  const StoredRun now(again.database(), measure(*experiment, place));

  const auto comparisons = compare_runs(store.database(), before.uid, again.database(), now.uid);
  const std::vector<std::string> changed = changes(before, now);
  std::int64_t different = 0;
  for (const RowComparison& comparison : comparisons) different += comparison.n_different;
  if (line.flag("json")) {
    Json rows = Json::array();
    for (const RowComparison& comparison : comparisons) rows.push_back(json_of(comparison));
    print_json({{"run", before.uid}, {"equal", different == 0}, {"changes", changed}, {"rows", rows}});
  } else {
    fmt::print(results(), "run {} of {}, profile {}\n", before.uid, before.experiment, before.profile);
    for (const std::string& change : changed) fmt::print(results(), "{}\n", change);
    if (changed.empty()) {
      fmt::print(results(), "code, data, weights, libraries, processor and threads are as they were\n");
    }
    for (const RowComparison& comparison : comparisons) print(comparison);
    fmt::print(results(), "{}\n",
               different == 0 ? "equal in every row" : fmt::format("different in {} rows", different));
  }
  return different == 0 ? 0 : 1;
}

const RegisterCommand registered({"replay", "replay UID [--set KEY=FILE]... [--json]",
                                  "measures a stored run again and compares every row; exit 1 when one differs",
                                  replay});

}  // namespace
}  // namespace deepmine
