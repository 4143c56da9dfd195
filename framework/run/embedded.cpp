#include "framework/run/embedded.h"

#include <fmt/format.h>

#include <stdexcept>

namespace deepmine {

std::string_view embedded_file(std::string_view name) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name == name) return file.text;
  }
  throw std::logic_error(fmt::format("{} was not embedded", name));
}

}  // namespace deepmine
