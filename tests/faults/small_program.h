#pragma once

#include "framework/core/seed.h"
#include "tests/end_to_end/program.h"
#include "tests/support/script_files.h"

namespace deepmine {

/// The words of the program with one dataset more, `quadrants`, on which a training takes seconds.
inline Words small_words(const Words& words) {
  Words all{DEEPMINE_SMALL_BINARY};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

inline Words training_words(const std::filesystem::path& out, const std::string& recipe = "fast:epochs=4,batch=16") {
  return small_words({"train", "resnet20", "--dataset", "quadrants", "--recipe", recipe, "--out", out.string(),
                      "--threads", "1", "--quiet"});
}

/// A small TorchScript network and images for it in a folder.
class SmallAttack {
 public:
  static constexpr std::size_t kImages = 4000;

  explicit SmallAttack(std::filesystem::path folder) : folder_(std::move(folder)) {
    save_script_network(folder_ / "small.pt");
    RandomStream random(Seed(2));
    std::vector<float> pixels;
    for (std::size_t i = 0; i < kImages * 64; ++i) pixels.push_back(static_cast<float>(random.uniform()));
    write_values<float>(folder_ / "x.npy", {kImages, 1, 8, 8}, pixels);
  }

  Words words(const std::filesystem::path& out, const Words& more = {}) const {
    Words result = deepmine_words({"attack", "bim:epsilon=0.1,step=0.01,steps=10", "--model",
                                   (folder_ / "small.pt").string(), "--images", (folder_ / "x.npy").string(), "--out",
                                   (folder_ / out).string(), "--threads", "1", "--quiet"});
    result.insert(result.end(), more.begin(), more.end());
    return result;
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace deepmine
