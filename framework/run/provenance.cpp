#include "framework/run/provenance.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "framework/run/built_from.h"
#include "framework/run/sources.h"

namespace deepmine {
namespace {

/// Content of a file of the system's; empty when it is missing.
std::string content_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What follows `key` and any of ` \t:="` on its line of `text`, without a closing quote.
std::string value_of(const std::string& text, std::string_view key) {
  const std::size_t found = text.find(key);
  if (found == std::string::npos) return "unknown";
  const std::size_t end = std::min(text.find('\n', found), text.size());
  const std::string line = text.substr(found + key.size(), end - found - key.size());
  const std::size_t first = line.find_first_not_of(" \t:=\"");
  const std::size_t last = line.find_last_not_of(" \"");
  return first == std::string::npos ? "unknown" : line.substr(first, last + 1 - first);
}

std::string operating_system() {
  utsname kernel = {};
  uname(&kernel);
  return fmt::format("{}, {} {} {}", value_of(content_of("/etc/os-release"), "PRETTY_NAME"),
                     kernel.sysname, kernel.release, kernel.machine);
}

std::string fmt_version() {
  return fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100);
}

std::string json_version() {
  return fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                     NLOHMANN_JSON_VERSION_PATCH);
}

}  // namespace

std::string code_version() { return Sources::of_program().digest(); }

std::string cpu_model(const std::string& cpuinfo) { return value_of(cpuinfo, "model name"); }

Provenance provenance(std::map<std::string, std::string> libraries) {
  libraries.insert({{"sqlite", sqlite3_libversion()},
                    {"fmt", fmt_version()},
                    {"nlohmann-json", json_version()}});
  Provenance result;
  result.code_version = code_version();
  if (*kBuiltFrom.commit != '\0') {
    result.commit = kBuiltFrom.commit;
    result.dirty = kBuiltFrom.dirty;
    result.diff = kBuiltFrom.diff;
  }
  result.compiler = kBuiltFrom.compiler;
  result.flags = kBuiltFrom.flags;
  result.libraries = std::move(libraries);
  result.cpu = cpu_model(content_of("/proc/cpuinfo"));
  result.os = operating_system();
  return result;
}

}  // namespace deepmine
