// Loaded before a program (LD_PRELOAD): from the moment the file named in DEEPMINE_CLOCK_SET_BACK exists, the time of
// day is a year earlier. Clocks that only go forward stay as they are.
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

namespace {

constexpr time_t kYear = 365 * 24 * 3600;

time_t set_back_by() {
  const char* sign = std::getenv("DEEPMINE_CLOCK_SET_BACK");
  return sign != nullptr && ::access(sign, F_OK) == 0 ? kYear : 0;
}

timespec time_of_day() {
  timespec now{};
  ::syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  now.tv_sec -= set_back_by();
  return now;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) {
    return static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  }
  *now = time_of_day();
  return 0;
}

int gettimeofday(timeval* now, void*) noexcept {
  const timespec exact = time_of_day();
  *now = {exact.tv_sec, exact.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* now) noexcept {
  const time_t seconds = time_of_day().tv_sec;
  if (now != nullptr) *now = seconds;
  return seconds;
}

}  // extern "C"
