#include "framework/app/json_output.h"
#include "framework/app/standard_streams.h"

#include <fmt/format.h>

namespace deepmine {

void print_json(const Json& value) {
  // Paths may hold bytes that are no UTF-8.
  fmt::print(results(), "{}\n", value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace deepmine
