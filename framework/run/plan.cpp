#include "framework/run/plan.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "framework/core/error.h"
#include "framework/core/file.h"

namespace deepmine {
namespace fs = std::filesystem;
namespace {

using Line = nlohmann::ordered_json;
using Texts = std::map<std::string, std::string>;

constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kMostThreads = 4096;  // as on the command line
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kLargestPlan = std::size_t{1} << 28;  // millions of units
constexpr std::size_t kLongestLine = std::size_t{1} << 20;  // it takes many times its size once parsed

/// A whole number as `std::to_string` writes it.
std::optional<std::uint64_t> whole_number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [stop, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool read = status == std::errc{} && stop == text.data() + text.size();
  return read && std::to_string(value) == text ? std::optional(value) : std::nullopt;
}

/// Puts together what lines say. `name` is for messages.
class Reader {
 public:
  explicit Reader(const std::string& name) : name_(name) {}

  void take(std::string_view text) {
    ++number_;
    require(text.size() <= kLongestLine, "a line longer than {} bytes", kLongestLine);
    line_ = Line::parse(text, nullptr, false);
    require(line_.is_object(), "no JSON object");
    if (line_.contains("plan")) {
      begin();
    } else if (line_.contains("unit")) {
      add_unit();
    } else {
      add_run();
    }
  }

  Plan finished() {
    require(begun_ && plan_.runs.size() == n_runs_ && n_taken_ == n_units_,
            "expected {} runs and {} units, found {} and {}", n_runs_, n_units_, plan_.runs.size(), n_taken_);
    return std::move(plan_);
  }

 private:
  template <typename... Args>
  void require(bool holds, fmt::format_string<Args...> what, Args&&... args) const {
    ensure(holds, "{}: line {}: expected a plan made by deepmine plan, found none or a damaged one ({}); plan anew",
           name_, number_, holds ? std::string() : fmt::format(what, std::forward<Args>(args)...));
  }

  const Line& entry(const char* key) const {
    const auto found = line_.find(key);
    require(found != line_.end(), "no entry {}", key);
    return *found;
  }
  std::uint64_t whole(const char* key, std::uint64_t least = 0, std::uint64_t most = kMost) const {
    const Line& value = entry(key);
    const bool fits =
        value.is_number_unsigned() && value.get<std::uint64_t>() >= least && value.get<std::uint64_t>() <= most;
    require(fits, "{}: expected a whole number from {} to {}", key, least, most);
    return value.get<std::uint64_t>();
  }
  std::string text_in(const Line& value, const char* key) const {
    require(value.is_string(), "{}: expected a text", key);
    return value.get<std::string>();
  }
  std::string text(const char* key) const { return text_in(entry(key), key); }
  std::vector<std::string> list(const char* key) const {
    require(entry(key).is_array(), "{}: expected a list", key);
    std::vector<std::string> result;
    for (const Line& value : entry(key)) result.push_back(text_in(value, key));
    return result;
  }
  Texts texts(const char* key) const {
    require(entry(key).is_object(), "{}: expected texts by name", key);
    Texts result;
    for (const auto& [name, value] : entry(key).items()) result[name] = text_in(value, key);
    return result;
  }

  void begin() {
    require(!begun_, "a second plan");
    whole("plan", kVersion, kVersion);
    begun_ = true;
    plan_.code_version = text("code_version");
    plan_.threads = static_cast<int>(whole("threads", 1, kMostThreads));
    plan_.memory = whole("memory");
    plan_.store = text("store");
    plan_.artifacts = text("artifacts");
    plan_.shards = text("shards");
    plan_.swept = list("swept");
    n_runs_ = whole("runs", 1);
    n_units_ = whole("units");
  }

  void add_run() {
    const auto seed = whole_number(text("seed"));
    require(seed.has_value(), "seed: expected a whole number");
    PlannedRun run{text("run"), text("experiment"), text("profile"), *seed, texts("settings"),
                   texts("inputs"), text("command"), list("swept"), {}};
    require(begun_ && !run.uid.empty() && run.swept.size() == plan_.swept.size(), "expected a run of the plan above");
    require(uids_.insert(run.uid).second, "run {:?} twice", run.uid.substr(0, 40));
    plan_.runs.push_back(std::move(run));
  }

  /// Units come in the order of their runs, so that the numbers here are those that workers count.
  void add_unit() {
    const std::size_t number = whole("unit"), run = whole("run");
    require(number == n_taken_ && run < plan_.runs.size() && run >= last_run_,
            "expected unit {} of a run above, found unit {} of run {}", n_taken_, number, run);
    if (run != last_run_) names_.clear();
    last_run_ = run;
    const std::string name = text("name");
    require(text("id") == unit_id(plan_.runs[run].uid, name), "expected the id of {:?}, found another",
            name.substr(0, 40));
    require(names_.insert(name).second, "unit {:?} twice", name.substr(0, 40));
    plan_.runs[run].units.push_back(name);
    ++n_taken_;
  }

  std::string name_;
  std::size_t number_ = 0;
  Line line_;
  Plan plan_;
  bool begun_ = false;
  std::size_t n_runs_ = 0, n_units_ = 0, n_taken_ = 0, last_run_ = 0;
  std::set<std::string> uids_;
  std::set<std::string> names_;  ///< of the units of that run
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
  return Line{{"run", run.uid},           {"experiment", run.experiment},
              {"profile", run.profile},   {"seed", std::to_string(run.seed)},
              {"settings", run.settings}, {"inputs", run.inputs},
              {"command", run.command},   {"swept", run.swept}}
      .dump();
}

}  // namespace

std::string unit_id(const std::string& run, const std::string& unit) { return sha256(run + "\n" + unit).substr(0, 12); }

Plan Plan::read(const fs::path& file) { return parse(read_file(file, kLargestPlan), file.string()); }

Plan Plan::parse(std::string_view text, const std::string& name) {
  Reader reader(name);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    reader.take(line);
  }
  return reader.finished();
}

std::string Plan::text() const {
  std::string text = header_of(*this) + "\n";
  for (const PlannedRun& run : runs) text += line_of(run) + "\n";
  std::size_t number = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (const std::string& unit : runs[i].units) {
      text += Line{{"unit", number++}, {"id", unit_id(runs[i].uid, unit)}, {"run", i}, {"name", unit}}.dump() + "\n";
    }
  }
  return text;
}

void Plan::write(const fs::path& file) const {
  std::set<std::string> uids;
  for (const PlannedRun& run : runs) {
    ensure(
        uids.insert(run.uid).second,
        "{}: expected runs that differ, found run {} twice; sweep each value once, and no option that a detector does "
        "not read",
        file.string(), run.uid);
  }
  const std::string content = text();
  ensure(content.size() <= kLargestPlan, "{}: expected a plan of at most {} bytes, found {}; sweep fewer values",
         file.string(), kLargestPlan, content.size());
  write_file(file, content);
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
