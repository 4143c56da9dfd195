#include <malloc.h>
#include <torch/torch.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "framework/app/command.h"
#include "framework/app/standard_streams.h"
#include "framework/core/interrupt.h"
#include "framework/core/processors.h"
#include "framework/model/arithmetic.h"

namespace deepmine {

int thread_count(int threads) { return threads > 0 ? threads : processors_in_reach(); }

namespace {

/// The words this process was started with.
std::vector<std::string> own_words() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return words;
}

/// OpenMP's threads spin while they wait for each other. Beside a program that kept one of two cores
/// busy a run of 50 s had not ended after ten minutes; asleep it took 56 s alone. libgomp reads the
/// setting when it is loaded, before any code of ours runs, so the program starts itself again, once.
void let_threads_sleep() {
  constexpr const char* kSetting = "OMP_WAIT_POLICY";
  if (std::getenv(kSetting) != nullptr) return;
  ::setenv(kSetting, "passive", 1);
  std::vector<std::string> words = own_words();
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (words.empty()) return;
  hold_interrupts();
  throw_if_interrupted();  // the program started anew would know nothing of it
  hand_over_stdout();
  ::execv("/proc/self/exe", arguments.data());
  set_up_streams();
  install_interrupt_handlers();  // it failed: go on as we are
}

/// A network's tensors come and go all the time. glibc gives those of some size back to the system, which has to clear
/// pages for the next ones: an autoencoder's training spent two fifths of its time so. Up to 2 GB that are freed are
/// kept.
void keep_freed_memory() {
  constexpr int kLargestBlock = 32 << 20;  // the most that glibc takes
  ::mallopt(M_MMAP_THRESHOLD, kLargestBlock);
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
}

/// `within` is how many threads one operation may take.
void set_up(int within) {
  keep_freed_memory();
  set_arithmetic(within);
}

}  // namespace

int set_up_torch(int threads) {
  set_up(1);
  return thread_count(threads);
}

int set_up_training(int threads) {
  if (thread_count(threads) > 1) let_threads_sleep();
  set_up(thread_count(threads));
  return torch::get_num_threads();
}

}  // namespace deepmine
