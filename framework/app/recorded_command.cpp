#include "framework/app/recorded_command.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <stdio_ext.h>
#include <torch/version.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <set>

#include "framework/app/command.h"
#include "framework/app/standard_streams.h"
#include "framework/app/started_here.h"
#include "framework/app/work_folder.h"
#include "framework/core/array_file.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/write_problem.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

constexpr int kAllOptions = 1000;

/// What the command that is recorded wants written beside its result.
std::vector<std::function<void(UnitWriter&)>> more_rows;

Run begin(ResultStore& store, const CommandWords& command) {
  const auto seed = command.value("--seed"), threads = command.value("--threads");
  RunKey key{command.name, "command", {}, seed ? parse_seed(*seed, "--seed") : CommonOptions().seed, command.inputs(),
             code_version()};
  for (std::size_t i = 0; i < command.words.size(); ++i) {
    key.parameters[fmt::format("word {:03}", i)] = command.words[i];
  }
  return store.begin_run(key, provenance({{"libtorch", TORCH_VERSION}}),
                         threads ? parse_threads(*threads, "--threads") : thread_count(0),
                         started_here(fmt::format("deepmine {} {}", command.name, fmt::join(command.words, " "))));
}

/// While it lives, what the program prints goes to a file; then it is printed.
class Printed {
 public:
  Printed() : file_(temporary_path("deepmine-printed-")) {
    std::fflush(results());
    const int file = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ensure(file >= 0, "cannot write \"{}\": {}, or name another folder in TMPDIR", file_.string(),
           write_problem(errno));
    results_ = ::fcntl(::fileno(results()), F_DUPFD_CLOEXEC, 0);
    ::dup3(file, ::fileno(results()), O_CLOEXEC);
    ::close(file);
  }
  ~Printed() {
    if (std::fflush(results()) != 0 || std::ferror(results()) != 0) forget_rest();
    ::dup3(results_, ::fileno(results()), O_CLOEXEC);
    ::close(results_);
    std::ifstream text(file_, std::ios::binary);
    std::array<char, 65536> piece{};
    while (text.read(piece.data(), piece.size()) || text.gcount() > 0) {
      const auto size = static_cast<std::size_t>(text.gcount());
      if (std::fwrite(piece.data(), 1, size, results()) < size) note_results_error(errno);
    }
    std::error_code none;
    fs::remove(file_, none);
  }
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;

  /// The file with everything printed so far. Throws `Error` when it did not hold that.
  const fs::path& file() const {
    const bool whole = std::fflush(results()) == 0 && std::ferror(results()) == 0;
    ensure(whole, "cannot write \"{}\": {}, or name another folder in TMPDIR", file_.string(), write_problem(errno));
    return file_;
  }

 private:
  /// What found no room is told already, and is not to be printed to the terminal as if it were all.
  static void forget_rest() {
    __fpurge(results());
    std::clearerr(results());
  }

  fs::path file_;
  int results_ = -1;
};

/// `--name=value` as two words.
std::vector<std::string> separated(const std::vector<std::string>& words) {
  std::vector<std::string> result;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (word.rfind("--", 0) == 0 && equals != std::string::npos) {
      result.push_back(word.substr(0, equals));
      result.push_back(word.substr(equals + 1));
    } else {
      result.push_back(word);
    }
  }
  return result;
}

/// The file a word names: itself, the archive of an array, or the weights of a network's spec. Throws `Error` for a
/// pipe.
std::optional<fs::path> file_of(const std::string& word) {
  const fs::path named = ArrayName::of(word).file;
  ensure(!is_pipe_or_device(named),
         "--store: expected files, which a replay can read again, found the pipe \"{}\"; save what it gives to "
         "a file, or leave --store out",
         word);
  if (fs::is_regular_file(named)) return named;
  const std::size_t weights = word.find("weights=");
  if (weights == std::string::npos) return std::nullopt;
  const fs::path file = word.substr(weights + 8, word.find(',', weights) - weights - 8);
  return fs::is_regular_file(file) ? std::optional(file) : std::nullopt;
}

}  // namespace

std::optional<CommandWords> CommandWords::of(const std::string& name, const std::vector<std::string>& words) {
  static const std::set<std::string> kWork{"activations", "attack", "p-values", "scan", "train"};
  if (kWork.count(name) == 0 || words.size() > kAllOptions) return std::nullopt;
  CommandWords result{name, {}, {}, {}};
  const std::vector<std::string> all = separated(words);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] == "--help" || all[i] == "-h" || all[i] == "--version") return std::nullopt;
    if (all[i] == "--store" && i + 1 < all.size()) {
      result.store = all[++i];
    } else {
      result.words.push_back(all[i]);
    }
  }
  if (const auto out = result.value("--out")) result.out = *out;
  if (!result.out && name != "scan") return std::nullopt;  // nothing to compare
  return result;
}

std::optional<std::string> CommandWords::value(const std::string& option) const {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == option) return words[i + 1];
  }
  return std::nullopt;
}

std::map<std::string, std::string> CommandWords::inputs() const {
  std::map<std::string, std::string> result;
  std::string option = "input";
  for (const std::string& word : words) {
    if (word.rfind("--", 0) == 0) {
      option = word.substr(2);
      continue;
    }
    const auto file = option.rfind("out", 0) == 0 ? std::nullopt : file_of(word);
    if (!file) continue;
    std::string role = option;
    for (int more = 2; result.count(role) > 0; ++more) role = fmt::format("{} {}", option, more);
    result[role] = sha256_of_file(*file);
  }
  return result;
}

std::vector<std::string> CommandWords::writing(const fs::path& file) const {
  std::vector<std::string> result = words;
  for (std::size_t i = 0; i + 1 < result.size(); ++i) {
    if (result[i] == "--out") result[i + 1] = file.string();
    if (result[i] == "--out-first") result[i + 1] = file.string() + ".first.npy";
    if (result[i] == "--out-rows") result[i + 1] = file.string() + ".rows.npz";
  }
  return result;
}

void write_with_result(std::function<void(UnitWriter&)> rows) { more_rows.push_back(std::move(rows)); }

int record(const CommandWords& command, const std::function<int()>& work) {
  ResultStore store = ResultStore::open(*command.store);
  Run run = begin(store, command);
  std::optional<Printed> printed;
  if (!command.out) printed.emplace();
  if (run.finished()) return work();
  int code = 0;
  run.execute([&] {
    code = work();
    const fs::path result = command.out ? *command.out : printed->file();
    run.write_unit("result", [&](UnitWriter& writer) {
      const std::string checksum = sha256_of_written(result);
      writer.add(ArtifactRow{checksum, "result", static_cast<std::int64_t>(fs::file_size(result)),
                             command.out ? result.string() : "printed"});
      writer.input("result", checksum);
      for (const auto& rows : more_rows) rows(writer);
    });
  });
  return code;
}

}  // namespace deepmine
