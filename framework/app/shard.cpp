#include "framework/app/shard.h"

#include "framework/app/standard_streams.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/folder.h"
#include "framework/run/merge.h"

namespace deepmine {
namespace fs = std::filesystem;
namespace {

/// A worker spends at most a twentieth of its time on copies, and a node that dies takes little more than the unit in
/// work with it.
constexpr int kCopiesApart = 20;

/// The file's name among those of other plans.
fs::path in_scratch(const fs::path& scratch, const fs::path& file) {
  return scratch /
         fmt::format("deepmine-{}-{}", sha256(fs::absolute(file).string()).substr(0, 12), file.filename().string());
}

}  // namespace

Shard::Shard(fs::path file, const std::optional<fs::path>& scratch)
    : file_(std::move(file)), working_(scratch ? in_scratch(*scratch, file_) : file_) {
  make_folder(file_.parent_path());
  if (scratch) {
    make_folder(*scratch);
    alone_.emplace(working_.string() + ".lock", [&] {
      log_line(fmt::format("waiting for another worker of this number, {} is its store", working_.string()));
    });
  }
  store_.reset(new ResultStore(ResultStore::open(working_)));  // it cannot be moved, so no make_unique
  if (working_ == file_) return;
  // By this worker on another node, say, which was perhaps killed before it wrote anything into it.
  if (fs::exists(file_) && fs::file_size(file_) > 0) merge_store(*store_, file_);
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
  ResultStore target = ResultStore::open(file_);
  target.database().insist(true);
  merge_store(target, working_);
  published_ = true;
}

/// A copy that fails now is made later: the unit itself is safe.
void Shard::publish_now_and_then() {
  const auto begin = Clock::now();
  if (begin < next_) return;
  try {
    publish();
  } catch (const Error& error) {
    log_line(fmt::format("warning: {} is not copied yet: {}", file_.filename().string(), error.what()));
  }
  next_ = Clock::now() + kCopiesApart * (Clock::now() - begin);
}

}  // namespace deepmine
