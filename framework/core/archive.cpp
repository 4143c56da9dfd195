#include "framework/core/archive.h"

#include <zip.h>

#include <algorithm>
#include <new>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/growing_text.h"
#include "framework/core/interrupt.h"
#include "framework/core/memory.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

using Member = std::unique_ptr<zip_file_t, decltype(&zip_fclose)>;
using Source = std::unique_ptr<zip_source_t, decltype(&zip_source_free)>;

/// libzip's error, freed.
class ZipError {
 public:
  ZipError() { zip_error_init(&error_); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;
  ~ZipError() { zip_error_fini(&error_); }
  zip_error_t* get() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_;
};

/// Whether a member of this name would be unpacked where the archive is, and shows as it is written.
bool is_plain_name(std::string_view name) {
  const bool has_control = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (name.empty() || name.front() == '/' || has_control || name.find('\\') != std::string_view::npos) return false;
  while (true) {
    const std::string_view part = name.substr(0, name.find('/'));
    if (part == "..") return false;
    if (part.size() == name.size()) return true;
    name.remove_prefix(part.size() + 1);
  }
}

}  // namespace

struct ArchiveReader::Handle {
  zip_t* archive = nullptr;

  /// Takes over `source`.
  Handle(Source source, ZipError& error, std::string_view name, std::string_view what) {
    // With this flag directory and members must agree on what both of them say, and no name may come twice.
    if (source) archive = zip_open_from_source(source.get(), ZIP_RDONLY | ZIP_CHECKCONS, error.get());
    ensure(archive != nullptr, "{}: expected {}, found none ({}); write or fetch it again", name, what, error.text());
    (void)source.release();  // the archive owns it now
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { zip_discard(archive); }

  static std::unique_ptr<Handle> of(std::string_view bytes, std::string_view name, std::string_view what) {
    ensure(!bytes.empty(), "{}: expected {}, found an empty file; write or fetch it again", name, what);
    ZipError error;
    Source source(zip_source_buffer_create(bytes.data(), bytes.size(), 0, error.get()), &zip_source_free);
    if (!source) throw std::bad_alloc();
    return std::make_unique<Handle>(std::move(source), error, name, what);
  }

  static std::unique_ptr<Handle> of(const fs::path& path, std::string_view name, std::string_view what) {
    const InputFile readable(path);  // folders and devices are refused here
    ensure(readable.size() > 0, "{}: expected {}, found an empty file; write or fetch it again", name, what);
    ZipError error;
    Source source(zip_source_file_create(path.c_str(), 0, -1, error.get()), &zip_source_free);
    return std::make_unique<Handle>(std::move(source), error, name, what);
  }
};

ArchiveReader::ArchiveReader(std::string_view bytes, std::string name, std::string_view what,
                             const ArchiveLimits& limits)
    : ArchiveReader(Handle::of(bytes, name, what), name, limits) {}

ArchiveReader::ArchiveReader(const fs::path& path, std::string_view what, const ArchiveLimits& limits, std::string name)
    : ArchiveReader(Handle::of(path, name.empty() ? path.string() : name, what), name.empty() ? path.string() : name,
                    limits) {}

ArchiveReader::ArchiveReader(std::unique_ptr<Handle> handle, std::string name, const ArchiveLimits& limits)
    : handle_(std::move(handle)), name_(std::move(name)), limits_(limits) {
  read_names();
}

ArchiveReader::~ArchiveReader() = default;

void ArchiveReader::read_names() {
  const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(handle_->archive, 0));
  ensure(count <= limits_.members, "{}: expected an archive of at most {} members, found {}; is it the right file?",
         name_, limits_.members, count);
  for (zip_uint64_t i = 0; i < count; ++i) {
    // As it stands in the file: libzip's own reading makes printable signs of control characters.
    const char* found = zip_get_name(handle_->archive, i, ZIP_FL_ENC_RAW);
    const std::string member = found == nullptr ? "" : found;
    ensure(is_plain_name(member), "{}: expected archive members with plain names, found {:?}; do not unpack it", name_,
           member.substr(0, 40));
    members_.push_back(member);
  }
}

void ArchiveReader::read(std::size_t member, std::size_t limit, const std::function<void(std::string_view)>& consume) {
  const std::string where = fmt::format("{}: {}", name_, members_.at(member));
  const Member file(zip_fopen_index(handle_->archive, member, 0), &zip_fclose);
  ensure(file != nullptr, "{}: expected a readable archive member, found none ({}); write the file again", where,
         zip_strerror(handle_->archive));
  std::size_t left = std::min(limit, limits_.member);
  std::vector<char> buffer(std::size_t{1} << 16);
  while (true) {
    throw_if_interrupted();
    const zip_int64_t count = zip_fread(file.get(), buffer.data(), buffer.size());
    ensure(count >= 0, "{}: expected an undamaged archive member, found one with wrong bytes; write or fetch the file "
           "again", where);
    if (count == 0) return;
    const auto size = static_cast<std::size_t>(count);
    ensure(size <= left, "{}: expected a member of at most {} bytes, found a longer one; is it the right file?", where,
           std::min(limit, limits_.member));
    ensure(size <= limits_.total - unpacked_,
           "{}: expected an archive that unpacks to at most {} bytes, found more; is it the right file?", where,
           limits_.total);
    left -= size;
    unpacked_ += size;
    consume({buffer.data(), size});
  }
}

std::string ArchiveReader::content(std::size_t member, std::size_t limit) {
  GrowingText result(fmt::format("{}: {}", name_, members_.at(member)));
  read(member, limit, [&](std::string_view piece) { result.add(piece); });
  return std::move(result).take();
}

void check_archive(const fs::path& path, std::string_view what, const ArchiveLimits& limits) {
  ArchiveReader archive(path, what, limits);
  for (std::size_t i = 0; i < archive.members().size(); ++i) {
    archive.read(i, std::string::npos, [](std::string_view) {});
  }
  ensure_memory(held_memory() + archive.unpacked(),
                fmt::format("that much {} unpacks to; is it the right file?", path.string()));
}

}  // namespace deepmine
