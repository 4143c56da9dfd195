#include "framework/app/command.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <iostream>
#include <thread>

#include "framework/core/error.h"

namespace deepmine {
namespace po = boost::program_options;

std::map<std::string, Command>& commands() {
  static std::map<std::string, Command> known;
  return known;
}

CommandLine::CommandLine(const Command& command)
    : command_(command), own_("Options"), shared_("Common options") {
  auto add = shared_.add_options();
  add("store", po::value(&common_.store)->value_name("FILE")->default_value(common_.store),
      "SQLite store");
  add("data", po::value(&common_.data)->value_name("DIR"), "folder of the datasets (or DEEPMINE_DATA)");
  add("seed", po::value(&common_.seed)->value_name("N")->default_value(common_.seed),
      "every random draw comes from it");
  add("threads", po::value(&common_.threads)->value_name("N")->default_value(0, "all cores"),
      "threads to use");
  add("quiet", po::bool_switch(&common_.quiet), "no progress, no log lines");
  add("help", "this text");
}

po::options_description_easy_init CommandLine::add() { return own_.add_options(); }

bool CommandLine::parse(const std::vector<std::string>& words) {
  po::options_description all;
  all.add(own_).add(shared_);
  try {
    po::store(po::command_line_parser(words)
                  .options(all)
                  .positional(positional_)
                  .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
                  .run(),
              values_);
    if (has("help")) {
      fmt::print("deepmine {}\n{}\n\n", command_.usage, command_.summary);
      std::cout << own_ << '\n' << shared_;
      return false;
    }
    po::notify(values_);
  } catch (const po::error& error) {
    fail("{}; see deepmine {} --help", error.what(), command_.name);
  }
  ensure(common_.threads >= 0 && common_.threads <= 4096,
         "--threads: expected 0 (all cores) to 4096, found {}", common_.threads);
  return true;
}

std::string CommandLine::required(const std::string& name) const {
  ensure(has(name), "expected --{}, found none; usage: deepmine {}", name, command_.usage);
  return values_[name].as<std::string>();
}

int set_up_torch(int threads) {
  const int count = threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency());
  torch::set_num_threads(std::max(1, count));
  at::globalContext().setDeterministicAlgorithms(true, false);
  return torch::get_num_threads();
}

}  // namespace deepmine
