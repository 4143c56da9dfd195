#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace deepmine {

/// One word of the command line: `deepmine train ...`. Each registers itself in its own file.
struct Command {
  std::string name;
  std::string usage;    ///< "train NETWORK --dataset NAME --out MODEL"
  std::string summary;  ///< one line for `deepmine --help`
  /// Runs with the words after the command's name; returns the exit code.
  int (*run)(const std::vector<std::string>& words, const Command& self);
};

std::map<std::string, Command>& commands();

struct RegisterCommand {
  explicit RegisterCommand(const Command& command) { commands().emplace(command.name, command); }
};

/// The options every command knows.
struct CommonOptions {
  std::filesystem::path store = "results/deepmine.sqlite";
  std::filesystem::path data;
  std::uint64_t seed = 1;
  int threads = 0;  ///< 0: all that `thread_count` gives
  bool quiet = false;
};

/// The options of one command: the common ones and its own, positional ones first. Numbers are read
/// as text and parsed here, because Boost takes "-1" for an unsigned number.
class CommandLine {
 public:
  explicit CommandLine(const Command& command);

  boost::program_options::options_description_easy_init add() { return own_.add_options(); }
  /// The `position`-th word without a dash goes to option `name`; -1: all that are left.
  void positional(const std::string& name, int count) { positional_.add(name.c_str(), count); }

  /// False when help or the version was asked for and printed. Throws `Error` on unknown, repeated
  /// or malformed options, with the nearest known name. What `--out` and every `--out-...` name is claimed
  /// (`claim_output`): it throws, too, when another process is writing it.
  bool parse(const std::vector<std::string>& words);
  bool has(const std::string& name) const { return values_.count(name) > 0; }
  /// Whether the user wrote it.
  bool given(const std::string& name) const { return has(name) && !values_[name].defaulted(); }
  /// Whether a switch (`po::bool_switch()`) is on.
  bool flag(const std::string& name) const { return values_[name].as<bool>(); }
  const CommonOptions& common() const { return common_; }
  /// Throws `Error` naming the option and the usage when it was not given.
  std::string required(const std::string& name) const;
  /// The values of an option that takes several (`texts`). Throws `Error` like `required`.
  std::vector<std::string> list(const std::string& name) const;
  /// The number an option spells; throws `Error` unless it is a whole number in [low, high].
  std::uint64_t whole_number(const std::string& name, std::uint64_t low, std::uint64_t high) const;
  /// The finite number an option spells; throws `Error`.
  double real(const std::string& name) const;
  /// Throws `Error` when both options were given.
  void exclude(const std::string& one, const std::string& other) const;

 private:
  void store_values(const std::vector<std::string>& words);
  void read_common();
  void print_help() const;
  std::string explanation(const boost::program_options::error& error) const;
  std::vector<std::string> known_options() const;

  const Command& command_;
  boost::program_options::options_description own_;
  boost::program_options::options_description shared_;
  boost::program_options::positional_options_description positional_;
  boost::program_options::variables_map values_;
  CommonOptions common_;
};

/// The value of an option that is read as text; `value_name` stands for it in the help.
inline boost::program_options::typed_value<std::string>* text(const char* value_name) {
  return boost::program_options::value<std::string>()->value_name(value_name);
}

/// The values of an option that takes one or more.
inline boost::program_options::typed_value<std::vector<std::string>>* texts(const char* value_name) {
  return boost::program_options::value<std::vector<std::string>>()->multitoken()->value_name(
      value_name);
}

/// The number that `text` spells; throws `Error` naming `name` unless it is a whole number in [low, high].
std::uint64_t parse_whole_number(const std::string& text, const std::string& name, std::uint64_t low,
                                 std::uint64_t high);

/// The same for what --seed and --threads take.
std::uint64_t parse_seed(const std::string& text, const std::string& name);
int parse_threads(const std::string& text, const std::string& name);

/// "deepmine 0.1.0" and what it was built from.
std::string version_text();

/// The number of threads `threads` stands for: itself, or for 0 one per processor that this process may keep busy
/// (`processors_in_reach`).
int thread_count(int threads);

/// Sets torch to one thread in each operation, so that what comes out hangs on no number of threads, deterministic
/// algorithms and denormal numbers taken for 0; returns `thread_count`, how many batches of images may pass at once.
int set_up_torch(int threads);
/// The same with `thread_count` threads in each operation, for a training, whose batches wait for each other. May start
/// the program anew, so a command calls it before it does anything.
int set_up_training(int threads);

/// Runs the program: picks the command, and turns errors into exit codes 2, 3 and 130.
int run_program(const std::vector<std::string>& words);

}  // namespace deepmine
