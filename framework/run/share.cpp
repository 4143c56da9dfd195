#include "framework/run/share.h"

#include "framework/core/error.h"

namespace deepmine {

void Share::check(const std::string& uid, const std::map<std::string, std::string>& inputs) const {
  if (whole() || uid == uid_) return;
  for (const auto& [role, sha256] : inputs_) {
    const auto found = inputs.find(role);
    ensure(found != inputs.end() && found->second == sha256,
           "{}: expected the one of the plan (sha256 {}), found another ({}); put the planned one back, or plan anew",
           role, sha256.substr(0, 12), found == inputs.end() ? "none" : found->second.substr(0, 12));
  }
  fail(
      "expected run {} as planned, found that these options give run {}, as with other sources than those of the "
      "program that made the plan; use that program, or plan anew",
      uid_, uid);
}

}  // namespace deepmine
