#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>

namespace deepmine {

/// Collects the cells that break a rule.
class Exceptions {
 public:
  void add(const std::string& text) {
    ++count_;
    if (count_ <= 4) text_ += (text_.empty() ? "" : "; ") + text;
  }
  std::size_t count() const { return count_; }
  std::string text() const {
    if (count_ == 0) return "no exception";
    return fmt::format("{} exception{}: {}{}", count_, count_ > 1 ? "s" : "", text_,
                       count_ > 4 ? "; ..." : "");
  }

 private:
  std::size_t count_ = 0;
  std::string text_;
};

}  // namespace deepmine
