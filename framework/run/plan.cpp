#include "framework/run/plan.h"

#include <nlohmann/json.hpp>

#include <sstream>

#include "framework/core/error.h"
#include "framework/core/file.h"

namespace deepmine {
namespace fs = std::filesystem;
namespace {

using Line = nlohmann::ordered_json;

constexpr int kVersion = 1;

/// Puts together what lines say. Each method takes one line and throws what is wrong with it.
class Reader {
 public:
  void take(const Line& line) {
    if (line.contains("plan")) {
      begin(line);
    } else if (line.contains("unit")) {
      add_unit(line);
    } else {
      add_run(line);
    }
  }

  Plan finished() {
    ensure(begun_ && plan_.runs.size() == n_runs_ && n_taken_ == n_units_, "expected {} runs and {} units, found {} and {}", n_runs_,
           n_units_, plan_.runs.size(), n_taken_);
    return std::move(plan_);
  }

 private:
  void begin(const Line& line) {
    ensure(!begun_ && line.at("plan").get<int>() == kVersion, "expected a plan of version {}", kVersion);
    begun_ = true;
    plan_.code_version = line.at("code_version").get<std::string>();
    plan_.threads = line.at("threads").get<int>();
    ensure(plan_.threads >= 1, "expected one thread or more, found {}", plan_.threads);
    plan_.memory = line.at("memory").get<std::uint64_t>();
    plan_.store = line.at("store").get<std::string>();
    plan_.artifacts = line.at("artifacts").get<std::string>();
    plan_.shards = line.at("shards").get<std::string>();
    plan_.swept = line.at("swept").get<std::vector<std::string>>();
    n_runs_ = line.at("runs").get<std::size_t>();
    n_units_ = line.at("units").get<std::size_t>();
  }

  void add_run(const Line& line) {
    using Texts = std::map<std::string, std::string>;
    PlannedRun run{line.at("run").get<std::string>(), line.at("experiment").get<std::string>(),
                   line.at("profile").get<std::string>(), std::stoull(line.at("seed").get<std::string>()),
                   line.at("settings").get<Texts>(), line.at("inputs").get<Texts>(), line.at("command").get<std::string>(),
                   line.at("swept").get<std::vector<std::string>>(), {}};
    ensure(begun_ && !run.uid.empty() && run.swept.size() == plan_.swept.size(), "expected a run of the plan above");
    plan_.runs.push_back(std::move(run));
  }

  void add_unit(const Line& line) {
    const auto number = line.at("unit").get<std::size_t>();
    const auto run = line.at("run").get<std::size_t>();
    const auto name = line.at("name").get<std::string>();
    ensure(number == n_taken_ && run < plan_.runs.size(), "expected unit {} of a run above, found unit {}", n_taken_, number);
    ensure(line.at("id").get<std::string>() == unit_id(plan_.runs[run].uid, name), "expected the id of \"{}\", found another", name);
    plan_.runs[run].units.push_back(name);
    ++n_taken_;
  }

  Plan plan_;
  bool begun_ = false;
  std::size_t n_runs_ = 0, n_units_ = 0, n_taken_ = 0;
};

std::string header_of(const Plan& plan) {
  return Line{{"plan", kVersion},
              {"code_version", plan.code_version},
              {"threads", plan.threads},
              {"memory", plan.memory},
              {"store", plan.store.string()},
              {"artifacts", plan.artifacts.string()},
              {"shards", plan.shards.string()},
              {"swept", plan.swept},
              {"runs", plan.runs.size()},
              {"units", plan.n_units()}}.dump();
}

std::string line_of(const PlannedRun& run) {
  return Line{{"run", run.uid},           {"experiment", run.experiment}, {"profile", run.profile}, {"seed", std::to_string(run.seed)},
              {"settings", run.settings}, {"inputs", run.inputs},         {"command", run.command}, {"swept", run.swept}}.dump();
}

}  // namespace

std::string unit_id(const std::string& run, const std::string& unit) { return sha256(run + "\n" + unit).substr(0, 12); }

Plan Plan::read(const fs::path& file) {
  std::istringstream text(read_file(file));
  Reader reader;
  std::size_t number = 0;
  const auto wrong = [&](const char* what) {
    fail("{}: line {}: expected a plan made by deepmine plan, found none or a damaged one ({}); plan anew", file.string(), number,
         what);
  };
  try {
    for (std::string line; std::getline(text, line);) {
      ++number;
      reader.take(Line::parse(line));
    }
    return reader.finished();
  } catch (const nlohmann::json::exception&) {
    wrong("no such entry");
  } catch (const std::logic_error&) {
    wrong("no number");
  } catch (const Error& error) {
    wrong(error.what());
  }
  return {};
}

void Plan::write(const fs::path& file) const {
  std::string text = header_of(*this) + "\n";
  for (const PlannedRun& run : runs) text += line_of(run) + "\n";
  std::size_t number = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (const std::string& unit : runs[i].units) {
      text += Line{{"unit", number++}, {"id", unit_id(runs[i].uid, unit)}, {"run", i}, {"name", unit}}.dump() + "\n";
    }
  }
  write_file(file, text);
}

std::size_t Plan::n_units() const {
  std::size_t sum = 0;
  for (const PlannedRun& run : runs) sum += run.units.size();
  return sum;
}

std::set<std::string, std::less<>> Plan::units(std::size_t number, std::size_t index, std::size_t of) const {
  std::size_t first = 0;
  for (std::size_t i = 0; i < number; ++i) first += runs[i].units.size();
  std::set<std::string, std::less<>> result;
  for (std::size_t i = 0; i < runs[number].units.size(); ++i) {
    if ((first + i) % of == index) result.insert(runs[number].units[i]);
  }
  return result;
}

Share Plan::share(std::size_t number, std::size_t index, std::size_t of) const {
  return {runs[number].uid, runs[number].inputs, units(number, index, of)};
}

fs::path Plan::shard(std::size_t index, std::size_t of) const {
  return shards / fmt::format("part-{:04}-of-{:04}.sqlite", index, of);
}

}  // namespace deepmine
