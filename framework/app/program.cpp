#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include "framework/app/command.h"
#include "framework/app/recorded_command.h"
#include "framework/app/standard_streams.h"
#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/core/nearest.h"

namespace deepmine {
namespace {

constexpr int kMendable = 2;
constexpr int kOurBug = 3;
constexpr int kInterrupted = 130;

void print_overview() {
  fmt::print(results(), "deepmine: find adversarial inputs in a network's activations\n\n");
  for (const auto& [name, command] : commands()) {
    fmt::print(results(), "  {:<12} {}\n", name, command.summary);
  }
  fmt::print(results(), "\ndeepmine COMMAND --help tells a command's options.\n");
}

const Command& find_command(const std::string& name) {
  const auto command = commands().find(name);
  std::vector<std::string> known;
  for (const auto& entry : commands()) known.push_back(entry.first);
  ensure(command != commands().end(), "unknown command \"{}\"; {} (see deepmine --help)", name,
         suggestion(name, known));
  return command->second;
}

int dispatch(const std::vector<std::string>& words) {
  const std::string first = words.empty() ? "help" : words[0];
  if (first == "help" && words.size() > 1) {
    const Command& command = find_command(words[1]);
    return command.run({"--help"}, command);
  }
  if (first == "help" || first == "--help" || first == "-h") {
    print_overview();
    return 0;
  }
  if (first == "--version") {
    fmt::print(results(), "{}\n", version_text());
    return 0;
  }
  const Command& command = find_command(first);
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  const auto recorded = CommandWords::of(first, rest);
  if (!recorded || !recorded->store) return command.run(rest, command);
  return record(*recorded, [&] { return command.run(recorded->words, command); });
}

/// Errors are one line: what follows the first is for developers.
int report(int code, std::string_view text) {
  log_line(fmt::format("deepmine: {}", text.substr(0, text.find('\n'))));
  return code;
}

int report_torch(const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  if (text.find("can't allocate memory") != std::string::npos) throw std::bad_alloc();
  return report(kOurBug, "internal error: " + text);
}

int run_command(const std::vector<std::string>& words) {
  try {
    return dispatch(words);
  } catch (const c10::Error& error) {
    return report_torch(error);
  }
}

int run_and_report(const std::vector<std::string>& words) {
  try {
    return run_command(words);
  } catch (const Error& error) {
    return report(kMendable, error.what());
  } catch (const Interrupted&) {
    return report(kInterrupted, "interrupted; run the same command again to continue");
  } catch (const std::bad_alloc&) {
    return report(kMendable,
                  "expected enough memory, found too little; use fewer inputs or "
                  "threads, or a machine with more");
  } catch (const std::system_error& error) {
    if (std::ferror(results()) != 0) {  // told at the end
      note_results_error(error.code().value());
      return kMendable;
    }
    return report(kMendable, error.what());
  } catch (const std::exception& error) {
    return report(kOurBug, fmt::format("internal error: {}", error.what()));
  }
}

}  // namespace

int run_program(const std::vector<std::string>& words) {
  set_up_streams();
  install_interrupt_handlers();
  const int code = run_and_report(words);
  const std::string problem = results_problem();
  return problem.empty() ? code : report(code == 0 ? kMendable : code, problem);
}

}  // namespace deepmine
