#include "framework/evaluate/attack_sources.h"

#include "framework/attack/attack.h"

namespace deepmine {

SourceFiles attack_sources(const std::string& attack, const Model& model) {
  SourceFiles files = sources_of<Attack>(attack, "framework/attack/adversarial_set.h");
  files.merge(network_files(model));
  return files;
}

}  // namespace deepmine
