#include "framework/run/sources.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "framework/core/file.h"
#include "framework/run/built_from.h"

namespace deepmine {
namespace {

constexpr const char* kSource = ".cpp";

/// "a/x_part" of "a/x_part.cpp"; empty for other files.
std::string stem_of(const std::string& path) {
  const std::size_t end = path.rfind(kSource);
  return end == std::string::npos ? std::string() : path.substr(0, end);
}

/// "a/x" of "a/x_part"; empty where the name has no further part.
std::string shorter(const std::string& stem) {
  const std::size_t part = stem.rfind('_'), folder = stem.rfind('/');
  return part == std::string::npos || (folder != std::string::npos && part < folder) ? std::string()
                                                                                     : stem.substr(0, part);
}

}  // namespace

Sources::Sources(std::string_view list) {
  std::istringstream lines{std::string(list)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string path, included;
    File file;
    std::getline(fields, path, '\t');
    std::getline(fields, file.sha256, '\t');
    while (std::getline(fields, included, '\t')) file.depends_on.push_back(included);
    files_.emplace(path, std::move(file));
  }
  for (const auto& [path, file] : files_) {
    std::string stem = stem_of(path);
    while (!stem.empty() && files_.count(stem + ".h") == 0) stem = shorter(stem);
    if (!stem.empty()) files_.at(stem + ".h").depends_on.push_back(path);
  }
}

const Sources& Sources::of_program() {
  static const Sources sources(kBuiltFrom.sources);
  return sources;
}

std::string Sources::path_in_tree(const std::string& path) const {
  for (std::string rest = path;; rest = rest.substr(rest.find('/') + 1)) {
    if (files_.count(rest) > 0) return rest;
    if (rest.find('/') == std::string::npos) break;
  }
  const bool in_tree = path.find('/') != std::string::npos && path[0] != '/' && path[0] != '.';
  if (in_tree) throw std::logic_error("no source \"" + path + "\"");
  return path.substr(path.rfind('/') + 1);
}

std::set<std::string> Sources::dependencies(const std::set<std::string>& files) const {
  std::set<std::string> found;
  std::vector<std::string> open;
  for (const std::string& file : files) open.push_back(path_in_tree(file));
  while (!open.empty()) {
    const std::string path = open.back();
    open.pop_back();
    const auto file = files_.find(path);
    if (!found.insert(path).second || file == files_.end()) continue;
    std::copy_if(file->second.depends_on.begin(), file->second.depends_on.end(), std::back_inserter(open),
                 [&](const std::string& used) { return files_.count(used) > 0; });
  }
  return found;
}

std::string Sources::digest(const std::set<std::string>& files) const {
  std::string text;
  for (const std::string& path : dependencies(files)) {
    const auto file = files_.find(path);
    text += path + " " + (file == files_.end() ? "outside" : file->second.sha256) + "\n";
  }
  return sha256(text);
}

std::string Sources::digest() const {
  std::string text;
  for (const auto& [path, file] : files_) text += path + " " + file.sha256 + "\n";
  return sha256(text);
}

}  // namespace deepmine
