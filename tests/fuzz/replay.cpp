// Gives a fuzz target the files of folders, without libFuzzer: the corpus as an ordinary test.
#include <cstdio>
#include <filesystem>

#include "framework/core/file.h"
#include "tests/fuzz/fuzz.h"

int main(int count, char** words) {
  int files = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(words[i])) {
      const std::string bytes = deepmine::read_file(entry.path());
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++files;
    }
  }
  std::printf("%d inputs\n", files);
  return files > 0 ? 0 : 1;
}
