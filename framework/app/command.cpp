#include "framework/app/command.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <sstream>

#include "framework/app/output_claim.h"
#include "framework/app/standard_streams.h"
#include "framework/core/error.h"
#include "framework/core/nearest.h"
#include "framework/core/spec.h"

namespace deepmine {
namespace po = boost::program_options;

namespace {

constexpr std::uint64_t kMostThreads = 4096;

/// Whether an option names a file to write.
bool is_output(const std::string& name) { return name == "out" || name.rfind("out-", 0) == 0 || name == "save"; }

/// Boost's own word for a mistake in how options are written.
std::string syntax_mistake(const po::invalid_syntax& error) {
  using Kind = po::invalid_syntax;
  const std::string option = error.get_option_name();
  const bool superfluous = error.kind() == Kind::extra_parameter;
  const bool missing =
      error.kind() == Kind::missing_parameter || error.kind() == Kind::empty_adjacent_parameter;
  if (superfluous) return fmt::format("{}: expected no value, found one; leave it out", option);
  if (missing) return fmt::format("{}: expected a value after it, found none", option);
  return error.what();
}

}  // namespace

std::uint64_t parse_whole_number(const std::string& text, const std::string& name, std::uint64_t low,
                                 std::uint64_t high) {
  const char* end = text.data() + text.size();
  std::uint64_t number = 0;
  const auto [stop, status] = std::from_chars(text.data(), end, number);
  ensure(status == std::errc{} && stop == end && number >= low && number <= high,
         "{}: expected a whole number from {} to {}, found \"{}\"", name, low, high, text);
  return number;
}

std::uint64_t parse_seed(const std::string& text, const std::string& name) {
  return parse_whole_number(text, name, 0, std::numeric_limits<std::uint64_t>::max());
}

int parse_threads(const std::string& text, const std::string& name) {
  return static_cast<int>(parse_whole_number(text, name, 1, kMostThreads));
}

std::map<std::string, Command>& commands() {
  static std::map<std::string, Command> known;
  return known;
}

CommandLine::CommandLine(const Command& command)
    : command_(command), own_("Options"), shared_("Common options") {
  auto add = shared_.add_options();
  add("store", text("FILE")->default_value(common_.store.string()), "SQLite store");
  add("data", text("DIR"), "folder of the datasets (or DEEPMINE_DATA)");
  add("seed", text("N")->default_value(std::to_string(common_.seed)),
      "every random draw comes from it");
  add("threads", text("N"), "threads to use (default: the cores it may use)");
  add("quiet", po::bool_switch(&common_.quiet), "no progress, no log lines");
  add("help,h", "this text");
  add("version", "what this program was built from");
}

void CommandLine::store_values(const std::vector<std::string>& words) {
  using Style = po::command_line_style::style_t;
  po::options_description all;
  all.add(own_).add(shared_);
  try {
    po::store(po::command_line_parser(words)
                  .options(all)
                  .positional(positional_)
                  .style(Style::unix_style & ~Style::allow_guessing)
                  .run(),
              values_);
    po::notify(values_);
  } catch (const po::error& error) {
    fail("{} (see deepmine {} --help)", explanation(error), command_.name);
  }
}

bool CommandLine::parse(const std::vector<std::string>& words) {
  store_values(words);
  if (has("help")) print_help();
  if (has("version")) fmt::print(results(), "{}\n", version_text());
  if (has("help") || has("version")) return false;
  read_common();
  return true;
}

void CommandLine::read_common() {
  for (const auto& [name, value] : values_) {
    const auto* given_text = boost::any_cast<std::string>(&value.value());
    const auto* several = boost::any_cast<std::vector<std::string>>(&value.value());
    const bool empty = (given_text != nullptr && given_text->empty()) ||
                       (several != nullptr && std::count(several->begin(), several->end(), "") > 0);
    ensure(value.defaulted() || !empty,
           "--{}: expected a value, found an empty text (see deepmine {} --help)", name,
           command_.name);
  }
  for (const auto& [name, value] : values_) {
    if (is_output(name)) claim_output("--" + name, required(name));
  }
  common_.store = required("store");
  if (has("data")) common_.data = required("data");
  common_.seed = parse_seed(required("seed"), "--seed");
  if (has("threads")) common_.threads = parse_threads(required("threads"), "--threads");
}

void CommandLine::print_help() const {
  std::ostringstream options;
  options << own_ << '\n' << shared_;
  fmt::print(results(), "usage: deepmine {}\n{}\n\n{}", command_.usage, command_.summary, options.str());
}

std::string CommandLine::explanation(const po::error& error) const {
  if (const auto* unknown = dynamic_cast<const po::unknown_option*>(&error)) {
    const std::string name = unknown->get_option_name();
    return fmt::format("unknown option {}; {}", name, suggestion(name, known_options()));
  }
  if (const auto* repeated = dynamic_cast<const po::multiple_occurrences*>(&error)) {
    return fmt::format("{}: expected once, found twice or more; give it once",
                       repeated->get_option_name());
  }
  if (const auto* syntax = dynamic_cast<const po::invalid_syntax*>(&error)) {
    return syntax_mistake(*syntax);
  }
  if (dynamic_cast<const po::too_many_positional_options_error*>(&error) != nullptr) {
    return fmt::format("expected deepmine {}, found more words than that", command_.usage);
  }
  return error.what();
}

std::vector<std::string> CommandLine::known_options() const {
  std::vector<std::string> names;
  for (const auto* group : {&own_, &shared_}) {
    for (const auto& option : group->options()) names.push_back("--" + option->long_name());
  }
  return names;
}

std::string CommandLine::required(const std::string& name) const {
  ensure(has(name), "expected --{}, found none; usage: deepmine {}", name, command_.usage);
  return values_[name].as<std::string>();
}

std::vector<std::string> CommandLine::list(const std::string& name) const {
  ensure(has(name), "expected --{}, found none; usage: deepmine {}", name, command_.usage);
  return values_[name].as<std::vector<std::string>>();
}

std::uint64_t CommandLine::whole_number(const std::string& name, std::uint64_t low,
                                        std::uint64_t high) const {
  return parse_whole_number(required(name), "--" + name, low, high);
}

double CommandLine::real(const std::string& name) const {
  return parse_real(required(name), "--" + name);
}

void CommandLine::exclude(const std::string& one, const std::string& other) const {
  ensure(!given(one) || !given(other), "expected --{} or --{}, found both; leave one out", one,
         other);
}

}  // namespace deepmine
