#include "framework/core/process_name.h"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace deepmine {

std::string host_name() {
  constexpr std::size_t kLongest = 32;
  std::array<char, 256> found{};
  if (::gethostname(found.data(), found.size() - 1) != 0 || found[0] == '\0') return "unknown";
  std::string name = found.data();
  name.resize(std::min(name.size(), kLongest));
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  std::replace_if(
      name.begin(), name.end(), [&](char c) { return !plain(c); }, '-');
  return name;
}

std::string process_name() { return host_name() + "-" + std::to_string(::getpid()); }

}  // namespace deepmine
