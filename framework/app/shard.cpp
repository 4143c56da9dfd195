#include "framework/app/shard.h"

#include "framework/app/standard_streams.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/file_lock.h"
#include "framework/core/folder.h"
#include "framework/run/merge.h"

namespace deepmine {
namespace fs = std::filesystem;
namespace {

/// What a node that dies takes with it at most, beside the unit in work.
constexpr std::chrono::seconds kBetweenCopies{30};

/// The file's name among those of other plans.
fs::path in_scratch(const fs::path& scratch, const fs::path& file) {
  return scratch / fmt::format("deepmine-{}-{}", sha256(fs::absolute(file).string()).substr(0, 12), file.filename().string());
}

}  // namespace

Shard::Shard(fs::path file, const std::optional<fs::path>& scratch)
    : file_(std::move(file)), working_(scratch ? in_scratch(*scratch, file_) : file_) {
  make_folder(file_.parent_path());
  if (scratch) make_folder(*scratch);
  published_ = !fs::exists(working_);                          // a killed worker left something there
  store_.reset(new ResultStore(ResultStore::open(working_)));  // it cannot be moved, so no make_unique
  if (working_ == file_) return;
  if (fs::exists(file_)) merge_store(*store_, file_);  // by this worker on another node, say
  store_->after_each_unit([this] {
    published_ = false;
    publish_now_and_then();
  });
}

Shard::~Shard() {
  if (working_ == file_) return;
  try {
    publish();
    store_.reset();
    for (const char* ending : {"", "-wal", "-shm", "-journal"}) fs::remove(working_.string() + ending);
  } catch (const std::exception& error) {  // the next start on this node finds it there
    log_line(fmt::format("warning: {} is left in {}: {}", file_.filename().string(), working_.string(), error.what()));
  }
}

void Shard::publish() {
  if (working_ == file_ || published_) return;
  const FileLock lock(file_.string() + ".lock");
  ResultStore target = ResultStore::open(file_);
  merge_store(target, working_);
  published_ = true;
  last_ = std::chrono::steady_clock::now();
}

/// A copy that fails now is made later: the unit itself is safe.
void Shard::publish_now_and_then() {
  if (std::chrono::steady_clock::now() - last_ < kBetweenCopies) return;
  last_ = std::chrono::steady_clock::now();
  try {
    publish();
  } catch (const Error& error) {
    log_line(fmt::format("warning: {} is not copied yet: {}", file_.filename().string(), error.what()));
  }
}

}  // namespace deepmine
