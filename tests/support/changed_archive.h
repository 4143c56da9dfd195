#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "framework/core/archive.h"
#include "framework/core/file.h"
#include "tests/support/zip_of.h"

namespace deepmine {

/// A copy of an archive, each member's content as `change` gives it.
inline void change_archive(const std::filesystem::path& from, const std::filesystem::path& to,
                           const std::function<std::string(const std::string& member, std::string content)>& change) {
  ArchiveReader archive(from, "an archive");
  ZipMembers members;
  for (std::size_t i = 0; i < archive.members().size(); ++i) {
    const std::string& name = archive.members()[i];
    members.emplace_back(name, change(name, archive.content(i)));
  }
  write_file(to, zip_of(members));
}

inline bool ends_in(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// The TorchScript file as if its weights had been saved on a GPU.
inline void put_on_gpu(const std::filesystem::path& from, const std::filesystem::path& to) {
  const std::string cpu("X\3\0\0\0cpu", 8), gpu("X\6\0\0\0cuda:0", 11);
  change_archive(from, to, [&](const std::string& member, std::string content) {
    if (!ends_in(member, ".pkl")) return content;
    for (std::size_t at = content.find(cpu); at != std::string::npos; at = content.find(cpu, at + gpu.size())) {
      content.replace(at, cpu.size(), gpu);
    }
    return content;
  });
}

/// The TorchScript file as if a torch of the future had written it.
inline void make_newer(const std::filesystem::path& from, const std::filesystem::path& to) {
  change_archive(from, to, [](const std::string& member, std::string content) {
    return ends_in(member, "/version") ? std::string("99\n") : content;
  });
}

}  // namespace deepmine
