#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/registry.h"

namespace deepmine {

/// One kind of registered thing: what `list` and `describe` need of its registry.
struct Kind {
  std::string plural;    ///< "attacks"
  std::string singular;  ///< "attack"
  std::function<std::vector<std::string>()> names;
  std::function<Description(std::string_view name)> describe;
};

/// All kinds, in the order in which they are listed.
const std::vector<Kind>& catalog();

/// The kind of that plural or singular name. Throws `Error` listing the known ones.
const Kind& find_kind(std::string_view name);

}  // namespace deepmine
