#include "framework/core/array_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "framework/core/csv.h"
#include "framework/core/error.h"
#include "framework/core/npz.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

enum class Format { kNpy, kNpz, kCsv };

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return text;
}

/// Whether the path names what this program was handed as an open file: /dev/stdin, /dev/fd/63.
bool is_descriptor(const fs::path& path) {
  const std::string text = path.lexically_normal().string();
  return text == "/dev/stdin" || text.rfind("/dev/fd/", 0) == 0 ||
         (text.rfind("/proc/", 0) == 0 && text.find("/fd/") != std::string::npos);
}

Format format_of_content(const InputFile& file) {
  std::string start(std::min<std::size_t>(file.size(), 6), '\0');
  file.read(0, start.data(), start.size());
  if (start == "\x93NUMPY") return Format::kNpy;
  return start.substr(0, 2) == "PK" ? Format::kNpz : Format::kCsv;
}

/// Pipes have names without an ending.
Format format_of(const fs::path& path) {
  const std::string ending = lower(path.extension().string());
  if (ending == ".npy") return Format::kNpy;
  if (ending == ".npz") return Format::kNpz;
  if (ending == ".csv") return Format::kCsv;
  ensure(is_descriptor(path) || is_pipe_or_device(path),
         "{}: expected a file name that ends in .npz, .npy or .csv, found {:?}; rename or convert it", path.string(),
         path.extension().string());
  return format_of_content(InputFile(path));
}

/// The archive's only array, or the one that is named.
Array array_in(NpzReader& archive, std::string member) {
  std::vector<std::string> known;
  for (const auto& [name, _] : archive.arrays()) known.push_back(name);
  ensure(!known.empty(), "{}: expected an archive of arrays, found none in it; save one with numpy.savez(file, x=x)",
         archive.name());
  ensure(!member.empty() || known.size() == 1,
         "{0}: expected the name of one of its arrays, found only that of the archive; give {0}:NAME, one of {1}",
         archive.name(), fmt::join(known, ", "));
  if (member.empty()) member = known.front();
  const std::string suffix = ".npy";
  const bool has_suffix =
      member.size() > suffix.size() && member.compare(member.size() - suffix.size(), suffix.size(), suffix) == 0;
  if (archive.arrays().count(member) == 0 && has_suffix) member.resize(member.size() - suffix.size());
  ensure(archive.arrays().count(member) > 0,
         "{}: expected one of its arrays after the colon, {}, found {:?}; choose one of them", archive.name(),
         fmt::join(known, ", "), member.substr(0, 80));
  return archive.array(member);
}

Array read_member(const ArrayName& name) {
  const InputFile file(name.file);
  const auto bytes = file.in_memory();
  NpzReader archive =
      bytes ? NpzReader(*bytes, name.file.string(), kNoLimits) : NpzReader(name.file, name.file.string());
  return array_in(archive, name.member);
}

}  // namespace

ArrayName ArrayName::of(const fs::path& path) {
  const std::string text = path.string();
  if (fs::exists(path)) return {path, {}};
  for (std::size_t colon = text.find(':'); colon != std::string::npos; colon = text.find(':', colon + 1)) {
    const fs::path file = text.substr(0, colon);
    if (lower(file.extension().string()) == ".npz" || is_descriptor(file)) return {file, text.substr(colon + 1)};
  }
  return {path, {}};
}

std::variant<Array, NpyFile> open_array(const fs::path& path, const CsvLayout& csv) {
  const ArrayName name = ArrayName::of(path);
  const Format format = format_of(name.file);
  ensure(name.member.empty() || format == Format::kNpz,
         "{}: expected an .npz archive before the colon, found none; name the file alone", path.string());
  if (format == Format::kNpz) return read_member(name);
  if (format == Format::kCsv) {
    ensure(csv.admitted,
           "{}: expected an .npy or .npz file, found .csv, which holds rows and columns only; save the array with "
           "numpy.save",
           path.string());
    return read_csv(InputFile(name.file), csv);
  }
  InputFile file(name.file);
  NpyHeader header = read_npy_header(file);
  if (header.fortran_order) return read_npy(file);
  return NpyFile{std::move(file), std::move(header)};
}

bool is_csv_name(const fs::path& path) { return lower(path.extension().string()) == ".csv"; }

}  // namespace deepmine
