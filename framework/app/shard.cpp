#include "framework/app/shard.h"

#include "framework/app/standard_streams.h"
#include "framework/core/file.h"
#include "framework/core/folder.h"

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
  if (working_ != file_ && !fs::exists(working_) && fs::exists(file_)) write_file(working_, read_file(file_));
  store_.reset(new ResultStore(ResultStore::open(working_)));  // it cannot be moved, so no make_unique
  if (working_ != file_) store_->after_each_unit([this] { publish_now_and_then(); });
}

Shard::~Shard() {
  try {
    publish();
    if (working_ != file_) {
      store_.reset();
      for (const char* ending : {"", "-wal", "-shm"}) fs::remove(working_.string() + ending);
    }
  } catch (const std::exception& error) {  // an exception is on its way already, or the next start continues here
    log_line(fmt::format("warning: {} is left in {}: {}", file_.filename().string(), working_.string(), error.what()));
  }
}

void Shard::publish() {
  if (working_ == file_) return;
  const fs::path copy = working_.string() + ".copy";
  fs::remove(copy);
  store_->database().prepare("VACUUM INTO ?1").bind(copy.string()).run();
  write_file(file_, read_file(copy));
  fs::remove(copy);
  published_ = std::chrono::steady_clock::now();
}

void Shard::publish_now_and_then() {
  if (std::chrono::steady_clock::now() - published_ >= kBetweenCopies) publish();
}

}  // namespace deepmine
