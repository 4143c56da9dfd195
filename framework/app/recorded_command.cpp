#include "framework/app/recorded_command.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <torch/version.h>
#include <unistd.h>

#include <cstdio>
#include <set>

#include "framework/app/command.h"
#include "framework/core/file.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

Run begin(ResultStore& store, const CommandWords& command) {
  RunKey key{command.name, "command", {}, 0, command.inputs(), code_version()};
  for (std::size_t i = 0; i < command.words.size(); ++i) key.parameters[fmt::format("word {:02}", i)] = command.words[i];
  return store.begin_run(key, provenance({{"libtorch", TORCH_VERSION}}), thread_count(0),
                         fmt::format("deepmine {} {}", command.name, fmt::join(command.words, " ")));
}

}  // namespace

std::optional<CommandWords> CommandWords::of(const std::string& name, const std::vector<std::string>& words) {
  static const std::set<std::string> kWork{"activations", "attack", "p-values", "scan", "train"};
  if (kWork.count(name) == 0) return std::nullopt;
  CommandWords result{name, {}, {}, {}};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool has_value = i + 1 < words.size();
    if (words[i] == "--store" && has_value) {
      result.store = words[++i];
    } else if (words[i].rfind("--store=", 0) == 0) {
      result.store = words[i].substr(8);
    } else {
      if (words[i] == "--out" && has_value) result.out = words[i + 1];
      result.words.push_back(words[i]);
    }
  }
  return result;
}

std::map<std::string, std::string> CommandWords::inputs() const {
  std::map<std::string, std::string> result;
  std::string option = "input";
  for (const std::string& word : words) {
    if (word.rfind("--", 0) == 0) {
      option = word.substr(2);
    } else if (option != "out" && option != "out-first" && fs::is_regular_file(word)) {
      std::string role = option;
      for (int more = 2; result.count(role) > 0; ++more) role = fmt::format("{} {}", option, more);
      result[role] = sha256_of_file(word);
    }
  }
  return result;
}

std::vector<std::string> CommandWords::writing(const fs::path& file) const {
  std::vector<std::string> result = words;
  for (std::size_t i = 0; i + 1 < result.size(); ++i) {
    if (result[i] == "--out") result[i + 1] = file.string();
    if (result[i] == "--out-first") result[i + 1] = file.string() + ".first.npy";
  }
  return result;
}

RecordedCommand::RecordedCommand(CommandWords words)
    : words_(std::move(words)), store_(ResultStore::open(*words_.store)), run_(begin(store_, words_)) {
  if (words_.out) return;
  // What is printed is the result: it goes to a file first.
  printed_ = fs::temp_directory_path() / fmt::format("deepmine-printed-{}", ::getpid());
  std::fflush(stdout);
  stdout_ = ::dup(STDOUT_FILENO);
  const int file = ::open(printed_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::close(file);
}

RecordedCommand::~RecordedCommand() { release(); }

void RecordedCommand::release() {
  if (stdout_ < 0) return;
  std::fflush(stdout);
  ::dup2(stdout_, STDOUT_FILENO);
  ::close(stdout_);
  stdout_ = -1;
  const std::string text = read_file(printed_);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void RecordedCommand::keep() {
  release();
  const fs::path result = words_.out ? *words_.out : printed_;
  if (!run_.finished()) {
    run_.write_unit("result", [&](UnitWriter& writer) {
      writer.add(ArtifactRow{sha256_of_file(result), result_kind(run_.uid()), static_cast<std::int64_t>(fs::file_size(result)),
                             words_.out ? result.string() : "printed"});
    });
    run_.finish();
  }
  std::error_code none;
  if (!words_.out) fs::remove(printed_, none);
}

std::string result_kind(const std::string& run) { return "result of " + run; }

}  // namespace deepmine
