#include "framework/core/npz.h"

#include <zip.h>

#include <memory>
#include <new>
#include <vector>

#include "framework/core/error.h"
#include "framework/core/file.h"

namespace deepmine {
namespace {

constexpr std::size_t kMaxMember = std::size_t{1} << 30;
constexpr std::string_view kArraySuffix = ".npy";
constexpr std::string_view kTextSuffix = ".json";

using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;
using Source = std::unique_ptr<zip_source_t, decltype(&zip_source_free)>;
using Member = std::unique_ptr<zip_file_t, decltype(&zip_fclose)>;

/// libzip over bytes in memory. `source` keeps a reference of its own.
Archive open_archive(zip_source_t* source, int flags, std::string_view name) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_keep(source);
  Archive archive(zip_open_from_source(source, flags, &error), &zip_discard);
  if (!archive) zip_source_free(source);
  const std::string problem = zip_error_strerror(&error);
  zip_error_fini(&error);
  ensure(archive != nullptr, "{}: expected an .npz archive, found none ({}); write it again", name,
         problem);
  return archive;
}

Source source_of(const void* data, std::size_t size) {
  zip_error_t error;
  zip_error_init(&error);
  Source source(zip_source_buffer_create(data, size, 0, &error), &zip_source_free);
  zip_error_fini(&error);
  if (!source) throw std::bad_alloc();
  return source;
}

/// What `read(buffer, size)` returns until it ends: 0 at the end, negative for a damaged source.
template <typename Read>
std::string read_all(Read read, std::size_t limit, std::string_view name) {
  std::string content;
  std::vector<char> buffer(std::size_t{1} << 16);
  while (true) {
    const zip_int64_t count = read(buffer.data(), buffer.size());
    ensure(count >= 0,
           "{}: expected an undamaged archive member, found one with wrong bytes; write "
           "or fetch the file again",
           name);
    if (count == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(count));
    ensure(content.size() <= limit, "{}: expected at most {} bytes, found more", name, limit);
  }
}

std::string read_member(zip_t* archive, zip_uint64_t index, const std::string& name) {
  const Member member(zip_fopen_index(archive, index, 0), &zip_fclose);
  ensure(member != nullptr,
         "{}: expected a readable archive member, found none ({}); write the file again", name,
         zip_strerror(archive));
  return read_all([&](char* to, std::size_t size) { return zip_fread(member.get(), to, size); },
                  kMaxMember, name);
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

Npz read_npz(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  ensure(!bytes.empty(), "{}: expected an .npz archive, found an empty file; write it again",
         path.string());
  const Source source = source_of(bytes.data(), bytes.size());
  const Archive archive = open_archive(source.get(), ZIP_RDONLY | ZIP_CHECKCONS, path.string());
  Npz content;
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
    const char* found = zip_get_name(archive.get(), i, 0);
    const std::string name = found == nullptr ? "" : found;
    const std::string where = fmt::format("{}: {}", path.string(), name);
    const std::string array_name = stem_of(name, kArraySuffix);
    const std::string text_name = stem_of(name, kTextSuffix);
    ensure(!array_name.empty() || !text_name.empty(),
           "{}: expected members NAME.npy and NAME.json, found {:?}; write it again", path.string(),
           name.substr(0, 40));
    std::string member = read_member(archive.get(), i, where);
    const bool added = array_name.empty()
                           ? content.texts.emplace(text_name, std::move(member)).second
                           : content.arrays.emplace(array_name, parse_npy(member, where)).second;
    ensure(added, "{}: expected this member once, found it twice; write the file again", where);
  }
  return content;
}

void write_npz(const std::filesystem::path& path, const Npz& content) {
  std::map<std::string, std::string> members;
  for (const auto& [name, array] : content.arrays) {
    members.emplace(name + std::string(kArraySuffix), format_npy(array));
  }
  for (const auto& [name, text] : content.texts) {
    members.emplace(name + std::string(kTextSuffix), text);
  }
  const Source target = source_of(nullptr, 0);
  Archive archive = open_archive(target.get(), ZIP_CREATE | ZIP_TRUNCATE, path.string());
  for (const auto& [name, bytes] : members) add_member(archive.get(), name, bytes);
  if (zip_close(archive.get()) != 0) {
    fail("cannot write \"{}\": {}; report it", path.string(), zip_strerror(archive.get()));
  }
  (void)archive.release();
  if (members.empty()) {
    // libzip writes nothing at all for an archive without members; this is the empty archive.
    write_file(path, std::string("PK\x05\x06") + std::string(18, '\0'));
    return;
  }
  if (zip_source_open(target.get()) != 0) throw std::bad_alloc();
  const std::string bytes =
      read_all([&](char* to, std::size_t size) { return zip_source_read(target.get(), to, size); },
               std::string::npos, path.string());
  zip_source_close(target.get());
  write_file(path, bytes);
}

}  // namespace deepmine
