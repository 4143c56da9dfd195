#pragma once

#include <cstddef>
#include <string_view>

namespace deepmine {

/// Told by long work how far it is. The work knows only this interface; the command line decides
/// whether a bar, a line now and then or nothing is shown.
class Progress {
 public:
  virtual ~Progress() = default;
  /// A piece of work of `total` steps starts; it ends the piece before.
  virtual void begin(std::string_view what, std::size_t total) = 0;
  /// `steps` more are done, 0 to say that work goes on. Called from one thread.
  virtual void advance(std::size_t steps) = 0;
  /// `steps` more were done by an earlier process: they say nothing of how fast this one is.
  virtual void skip(std::size_t steps) = 0;
  virtual void end() = 0;
};

/// Shows nothing: for tests and `--quiet`.
class NoProgress : public Progress {
 public:
  void begin(std::string_view, std::size_t) override {}
  void advance(std::size_t) override {}
  void skip(std::size_t) override {}
  void end() override {}
};

}  // namespace deepmine
