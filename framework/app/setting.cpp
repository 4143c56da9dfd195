#include "framework/app/setting.h"

#include "framework/core/error.h"

namespace deepmine {

std::pair<std::string, std::string> parse_setting(const std::string& text) {
  const std::size_t equals = text.find('=');
  ensure(equals != std::string::npos && equals > 0, "--set: expected KEY=VALUE, found \"{}\"", text);
  return {text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace deepmine
