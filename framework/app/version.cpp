#include <fmt/format.h>

#include "framework/app/command.h"
#include "framework/run/provenance.h"

namespace deepmine {

std::string version_text() {
  const Provenance built = provenance();
  const std::string commit = built.commit
                                 ? fmt::format(", commit {}{}", built.commit->substr(0, 12),
                                               built.dirty.value_or(false) ? " with changes" : "")
                                 : "";
  return fmt::format("deepmine {} (sources {}{})", DEEPMINE_VERSION,
                     built.code_version.substr(0, 12), commit);
}

}  // namespace deepmine
