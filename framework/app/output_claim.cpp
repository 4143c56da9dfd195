#include "framework/app/output_claim.h"

#include <map>
#include <memory>

#include "framework/core/error.h"
#include "framework/core/file_lock.h"

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

}  // namespace

void claim_output(std::string_view option, const fs::path& out) {
  static std::map<fs::path, std::unique_ptr<FileLock>> claims;
  std::error_code none;
  if (fs::exists(out, none) && !fs::is_regular_file(out, none)) return;
  const fs::path lock = lock_of(out);
  if (claims.count(lock) > 0) return;
  auto claim = FileLock::at_once(lock);
  const std::string holder = claim ? "" : FileLock::holder(lock);
  ensure(claim != nullptr,
         "{}: expected a file of this command alone, found that another process is writing \"{}\"{}; wait until it has "
         "ended, or "
         "choose another name",
         option, out.string(), holder.empty() ? "" : " (" + holder + ")");
  claims.emplace(lock, std::move(claim));
}

}  // namespace deepmine
