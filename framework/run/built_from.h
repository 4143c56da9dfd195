#pragma once

namespace deepmine {

/// What the build says of itself, in a source that it writes: cmake/provenance.cmake.
struct BuiltFrom {
  const char* sources;  ///< for `Sources`
  const char* commit;   ///< empty outside a git repository
  bool dirty;           ///< whether files differed from that commit
  const char* diff;     ///< from that commit to the sources
  const char* compiler;
  const char* flags;
};
extern const BuiltFrom kBuiltFrom;

}  // namespace deepmine
