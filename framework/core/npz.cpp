#include "framework/core/npz.h"

#include <zip.h>

#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "framework/core/archive.h"
#include "framework/core/error.h"
#include "framework/core/file.h"

namespace deepmine {
namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 20;  // a text takes many times its size once parsed
constexpr std::string_view kWhat = "an .npz archive";
constexpr std::string_view kArraySuffix = ".npy";
constexpr std::string_view kTextSuffix = ".json";

using NewArchive = std::unique_ptr<zip_t, decltype(&zip_discard)>;
using Source = std::unique_ptr<zip_source_t, decltype(&zip_source_free)>;

Source source_of(const void* data, std::size_t size) {
  zip_error_t error;
  zip_error_init(&error);
  Source source(zip_source_buffer_create(data, size, 0, &error), &zip_source_free);
  zip_error_fini(&error);
  if (!source) throw std::bad_alloc();
  return source;
}

/// A new archive in memory. `target` keeps a reference of its own.
NewArchive create_archive(zip_source_t* target) {
  zip_source_keep(target);
  NewArchive archive(zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, nullptr), &zip_discard);
  if (!archive) {
    zip_source_free(target);
    throw std::bad_alloc();
  }
  return archive;
}

/// What an archive that was closed left in `target`.
std::string written_bytes(zip_source_t* target) {
  zip_stat_t status;
  const bool known = zip_source_stat(target, &status) == 0 && (status.valid & ZIP_STAT_SIZE) != 0;
  if (!known || zip_source_open(target) != 0) throw std::bad_alloc();
  std::string bytes(status.size, '\0');
  const zip_int64_t count = zip_source_read(target, bytes.data(), bytes.size());
  zip_source_close(target);
  if (count != static_cast<zip_int64_t>(bytes.size())) throw std::bad_alloc();
  return bytes;
}

/// `text` less `suffix`, or nothing where it does not end so.
std::string stem_of(std::string_view text, std::string_view suffix) {
  const bool ends_so =
      text.size() > suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
  return std::string(ends_so ? text.substr(0, text.size() - suffix.size()) : std::string_view());
}

void add_member(zip_t* archive, const std::string& name, const std::string& content) {
  Source source = source_of(content.data(), content.size());
  const zip_int64_t added = zip_file_add(archive, name.c_str(), source.get(), ZIP_FL_ENC_UTF_8);
  if (added < 0) fail("cannot add \"{}\" to an archive: {}", name, zip_strerror(archive));
  (void)source.release();  // the archive owns it now
  // Stored, not deflated: weights hardly shrink, and deflate's bytes differ between zlib versions.
  constexpr zip_uint16_t kFirstOfJanuary1980 = (1 << 5) | 1;
  const auto index = static_cast<zip_uint64_t>(added);
  zip_set_file_compression(archive, index, ZIP_CM_STORE, 0);
  zip_file_set_dostime(archive, index, 0, kFirstOfJanuary1980, 0);
}

}  // namespace

NpzReader::NpzReader(std::string_view bytes, std::string name, const ArchiveLimits& limits)
    : name_(std::move(name)), archive_(bytes, name_, kWhat, limits) {
  sort_members();
}

NpzReader::NpzReader(const std::filesystem::path& path, std::string name)
    : name_(std::move(name)), archive_(path, kWhat, kNoLimits, name_) {
  sort_members();
}

void NpzReader::sort_members() {
  for (std::size_t i = 0; i < archive_.members().size(); ++i) {
    const std::string& member = archive_.members()[i];
    const std::string array = stem_of(member, kArraySuffix), text = stem_of(member, kTextSuffix);
    ensure(!array.empty() || !text.empty(),
           "{}: expected members NAME.npy and NAME.json, found {:?}; write it again", name_, member.substr(0, 40));
    (array.empty() ? texts_ : arrays_).emplace(array.empty() ? text : array, i);
  }
}

Array NpzReader::array(const std::string& name, std::size_t limit) {
  return parse_npy(archive_.content(arrays_.at(name), limit), fmt::format("{}: {}{}", name_, name, kArraySuffix));
}

std::string NpzReader::text(const std::string& name) { return archive_.content(texts_.at(name), kMaxText); }

Npz parse_npz(std::string_view bytes, std::string_view name, const ArchiveLimits& limits) {
  NpzReader archive(bytes, std::string(name), limits);
  Npz content;
  for (const auto& [array, _] : archive.arrays()) content.arrays.emplace(array, archive.array(array));
  for (const auto& [text, _] : archive.texts()) content.texts.emplace(text, archive.text(text));
  return content;
}

Npz read_npz(const std::filesystem::path& path) {
  const ArchiveLimits limits;
  return parse_npz(read_file(path, limits.total), path.string(), limits);
}

std::string format_npz(const Npz& content) {
  std::map<std::string, std::string> members;
  for (const auto& [name, array] : content.arrays) {
    members.emplace(name + std::string(kArraySuffix), format_npy(array));
  }
  for (const auto& [name, text] : content.texts) {
    members.emplace(name + std::string(kTextSuffix), text);
  }
  // libzip writes nothing at all for an archive without members; this is the empty archive.
  if (members.empty()) return std::string("PK\x05\x06") + std::string(18, '\0');
  const Source target = source_of(nullptr, 0);
  NewArchive archive = create_archive(target.get());
  for (const auto& [name, bytes] : members) add_member(archive.get(), name, bytes);
  if (zip_close(archive.get()) != 0) fail("cannot make an archive: {}; report it", zip_strerror(archive.get()));
  (void)archive.release();
  return written_bytes(target.get());
}

void write_npz(const std::filesystem::path& path, const Npz& content) { write_file(path, format_npz(content)); }

}  // namespace deepmine
