#include "framework/core/replacement.h"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "framework/core/error.h"
#include "framework/core/process_name.h"
#include "framework/core/write_problem.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

/// Where `path` leads.
fs::path file_to_replace(const fs::path& path) {
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  ensure(!fs::exists(status) || fs::is_regular_file(status),
         "cannot write \"{}\": expected a file, found a folder or a device; choose another name",
         path.string());
  return fs::exists(status) ? fs::canonical(path) : path;
}

/// The file's name with an ending, cut where both are longer than a name may be.
fs::path beside(const fs::path& file, const std::string& ending) {
  constexpr std::size_t kLongest = 255;
  std::string name = file.filename().string();
  name.resize(std::min(name.size(), kLongest - ending.size()));
  return file.parent_path() / (name + ending);
}

/// Some file systems cannot sync a folder; the content is safe all the same.
void sync_folder_of(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.open()) ::fsync(opened.get());
}

}  // namespace

Replacement::Replacement(const fs::path& path) : target_(file_to_replace(path)), file_(create()) {}

Replacement::~Replacement() {
  if (!replaced_) ::unlink(path_.c_str());
}

void Replacement::write(std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(file_.get(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    check(count >= 0);
    content.remove_prefix(static_cast<std::size_t>(count));
  }
}

void Replacement::replace() {
  check(::fsync(file_.get()) == 0);
  check(::close(file_.release()) == 0);
  check(::rename(path_.c_str(), target_.c_str()) == 0);
  replaced_ = true;
  sync_folder_of(target_);
}

void Replacement::check(bool done) const {
  ensure(done, "cannot write \"{}\": {}", target_.string(), write_problem(errno));
}

/// O_EXCL makes the name ours among threads, processes and machines that share the folder.
int Replacement::create() {
  static std::atomic<unsigned> counter{0};
  while (true) {
    path_ = beside(target_, fmt::format(".{}-{}.part", process_name(), counter++));
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0) return file;
    if (errno == EEXIST || errno == EINTR) continue;
    fail("cannot write \"{}\": {}; the folder must exist and allow new files", target_.string(), std::strerror(errno));
  }
}

}  // namespace deepmine
