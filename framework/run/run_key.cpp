#include "framework/run/run_key.h"

#include <nlohmann/json.hpp>

#include "framework/core/error.h"
#include "framework/core/file.h"

namespace deepmine {

std::string RunKey::canonical_text() const {
  const nlohmann::json key = {{"experiment", experiment}, {"profile", profile},
                              {"parameters", parameters}, {"seed", seed},
                              {"inputs", inputs},         {"code_version", code_version}};
  try {
    return key.dump();
  } catch (const nlohmann::json::exception& error) {
    fail("experiment {}: expected parameters in UTF-8, found other bytes ({}); write them anew",
         experiment, error.what());
  }
}

std::string RunKey::uid() const { return sha256(canonical_text()).substr(0, 16); }

}  // namespace deepmine
