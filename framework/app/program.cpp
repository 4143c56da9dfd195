#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "framework/app/command.h"
#include "framework/core/error.h"

namespace deepmine {
namespace {

void print_overview() {
  fmt::print("deepmine: find adversarial inputs in a network's activations\n\n");
  for (const auto& [name, command] : commands()) {
    fmt::print("  {:<12} {}\n", name, command.summary);
  }
  fmt::print("\ndeepmine COMMAND --help tells a command's options.\n");
}

int dispatch(const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "help") {
    print_overview();
    return 0;
  }
  const auto command = commands().find(words[0]);
  ensure(command != commands().end(), "unknown command \"{}\"; see deepmine --help", words[0]);
  return command->second.run({words.begin() + 1, words.end()}, command->second);
}

}  // namespace

int run_program(const std::vector<std::string>& words) {
  try {
    return dispatch(words);
  } catch (const Error& error) {
    fmt::print(stderr, "deepmine: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "deepmine: internal error: {}\n", error.what());
    return 3;
  }
}

}  // namespace deepmine
