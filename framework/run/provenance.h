#pragma once

#include <map>
#include <optional>
#include <string>

namespace deepmine {

/// What a number may depend on besides its parameters.
struct Provenance {
  std::string code_version;           ///< of the whole program, see below
  std::optional<std::string> commit;  ///< absent when built outside a git repository
  std::optional<bool> dirty;          ///< whether files differed from that commit
  std::string diff;                   ///< from that commit to the sources, `git diff`; empty where they are equal
  std::string compiler;
  std::string flags;
  std::map<std::string, std::string> libraries;
  std::string cpu;
  std::string os;
};

/// Of this program on this machine. The program names the libraries it was linked with
/// ({"libtorch", "1.13.1"}); those of this layer are added.
Provenance provenance(std::map<std::string, std::string> libraries = {});

/// The digest of all sources this program was built from, but those of `app`, and of the SQL. It tells programs apart;
/// runs are named by the sources they depend on, see `Sources`.
std::string code_version();

/// The model name in the text of /proc/cpuinfo; "unknown" when it has none.
std::string cpu_model(const std::string& cpuinfo);

}  // namespace deepmine
