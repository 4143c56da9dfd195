#include "framework/app/terminal_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "framework/app/output_claim.h"

namespace deepmine {
namespace {

using Clock = std::chrono::steady_clock;

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

class TerminalProgress : public Progress {
 public:
  explicit TerminalProgress(bool terminal) : terminal_(terminal) {}
  ~TerminalProgress() override { clear(); }

  void begin(std::string_view what, std::size_t total) override {
    end();
    what_ = what;
    total_ = total;
    done_ = skipped_ = 0;
    started_ = Clock::now();
    shown_ = started_;
  }

  void advance(std::size_t steps) override {
    done_ += steps;
    const auto now = Clock::now();
    const double elapsed = seconds(now - started_), pause = seconds(now - shown_);
    if (elapsed < 2 || pause < (terminal_ ? 0.2 : 10)) return;
    shown_ = now;
    show(elapsed);
  }

  void skip(std::size_t steps) override {
    skipped_ += steps;
    advance(steps);
  }

  void end() override {
    clear();
    const double elapsed = seconds(Clock::now() - started_);
    if (!terminal_ && done_ > 0 && elapsed >= 2) {
      write(fmt::format("{}: {}/{} in {}\n", what_, done_, total_, duration_text(elapsed)));
    }
    done_ = 0;
  }

 private:
  static double seconds(Clock::duration time) {
    return std::chrono::duration<double>(time).count();
  }

  static void write(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }

  void show(double elapsed) {
    const double rate = static_cast<double>(done_ - skipped_) / elapsed;
    const auto left = static_cast<double>(total_ - std::min(done_, total_));
    const std::string numbers =
        done_ == skipped_ ? fmt::format("{}/{}  for {}", done_, total_, duration_text(elapsed))
                   : fmt::format("{}/{}  {:.1f}/s  {} left", done_, total_, rate, duration_text(left / rate));
    if (terminal_) {
      constexpr std::size_t kWidth = 24;
      const std::size_t filled = total_ > 0 ? std::min(kWidth, kWidth * done_ / total_) : 0;
      write(fmt::format("\r{} [{}{}] {}\033[K", what_, std::string(filled, '#'),
                        std::string(kWidth - filled, '.'), numbers));
      on_screen_ = true;
    } else {
      write(fmt::format("{}: {}\n", what_, numbers));
    }
  }

  void clear() {
    if (on_screen_) write("\r\033[K");
    on_screen_ = false;
  }

  bool terminal_;
  bool on_screen_ = false;
  std::string what_;
  std::size_t total_ = 0, done_ = 0, skipped_ = 0;
  Clock::time_point started_, shown_;
};

}  // namespace

std::unique_ptr<Progress> make_progress(bool quiet) {
  at_work_on_outputs();
  if (quiet) return std::make_unique<NoProgress>();
  return std::make_unique<TerminalProgress>(isatty(STDERR_FILENO) == 1);
}

}  // namespace deepmine
