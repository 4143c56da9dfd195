#include "framework/app/warnings.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "framework/app/recorded_command.h"
#include "framework/app/standard_streams.h"
#include "framework/core/error.h"

namespace deepmine {

void Warnings::add(const std::string& text) {
  if (std::find(all_.begin(), all_.end(), text) != all_.end()) return;
  ensure(!strict_, "--strict: {}", text);
  log_line(fmt::format("deepmine: warning: {}", text));
  all_.push_back(text);
}

void Warnings::record() const {
  if (all_.empty()) return;
  write_with_result([text = fmt::format("{}", fmt::join(all_, "; "))](UnitWriter& writer) {
    writer.add(ShapeCheckRow{"nothing about it is doubtful", false, text});
  });
}

}  // namespace deepmine
