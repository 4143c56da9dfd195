#include "framework/app/output_claim.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "framework/core/error.h"
#include "framework/core/file_lock.h"
#include "framework/core/interrupt.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

/// Beside the file that a link leads to: it is that which is written.
fs::path lock_of(const fs::path& out) {
  std::error_code problem;
  const fs::path real = fs::weakly_canonical(out, problem);
  const fs::path file = problem ? fs::absolute(out) : real;
  return file.parent_path() / (".deepmine-" + file.filename().string() + ".lock");
}

using Claims = std::map<fs::path, std::unique_ptr<FileLock>>;

Claims& claims() {
  static Claims held;
  return held;
}

constexpr const char* kAtWork = ", at work";

/// How long a process that has just started may be waited for, by what it says of itself: many end with a refusal.
std::chrono::milliseconds patience(const std::string& holder) {
  const bool at_work = holder.find(kAtWork) != std::string::npos;
  return std::chrono::milliseconds(at_work ? 300 : 3000);
}

/// Null when the other process has had its time.
std::unique_ptr<FileLock> claim(const fs::path& lock) {
  constexpr std::chrono::milliseconds kPause(20);
  const auto begin = std::chrono::steady_clock::now();
  auto result = FileLock::at_once(lock);
  while (!result && std::chrono::steady_clock::now() - begin < patience(FileLock::holder(lock))) {
    throw_if_interrupted();
    std::this_thread::sleep_for(kPause);
    result = FileLock::at_once(lock);
  }
  return result;
}

/// When a file was last written; none where there is none.
std::optional<fs::file_time_type> written_at(const fs::path& file) {
  std::error_code none;
  const auto time = fs::last_write_time(file, none);
  return none ? std::nullopt : std::optional(time);
}

}  // namespace

void claim_output(std::string_view option, const fs::path& out) {
  std::error_code none;
  if (fs::exists(out, none) && !fs::is_regular_file(out, none)) return;
  const fs::path lock = lock_of(out);
  if (claims().count(lock) > 0) return;
  const auto before = written_at(out);
  auto ours = claim(lock);
  ensure(!ours || written_at(out) == before,
         "{}: expected a file of this command alone, found that another process has just written \"{}\"; choose "
         "another name, or start again to replace it",
         option, out.string());
  const std::string holder = ours ? "" : FileLock::holder(lock);
  ensure(ours != nullptr,
         "{}: expected a file of this command alone, found that another process is writing \"{}\"{}; wait until it has "
         "ended, or choose another name",
         option, out.string(), holder.empty() ? "" : " (" + holder + ")");
  claims().emplace(lock, std::move(ours));
}

void at_work_on_outputs() {
  for (const auto& [lock, held] : claims()) held->say(kAtWork);
}

}  // namespace deepmine
