#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace deepmine {

/// Everything that decides a run's numbers; two runs with one key have identical rows. The number
/// of threads is not in it because results must not depend on it.
struct RunKey {
  std::string experiment;
  std::string profile;
  std::map<std::string, std::string> parameters;  ///< all of them, defaults written out
  std::uint64_t seed = 0;
  std::map<std::string, std::string> inputs;  ///< role ("dataset", "model") -> sha256 of content
  std::string code_version;

  /// One line of JSON, keys in order: equal keys and only these have equal texts. Throws `Error`
  /// for text that is not UTF-8.
  std::string canonical_text() const;
  /// The first 16 hexadecimal digits of the SHA-256 of the canonical text.
  std::string uid() const;
};

}  // namespace deepmine
