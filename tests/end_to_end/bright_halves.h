#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/core/seed.h"
#include "tests/end_to_end/store_rows.h"
#include "tests/support/image_files.h"
#include "tests/support/script_files.h"

namespace deepmine {

constexpr std::size_t kTraining = 24, kTest = 13;  ///< images of each class

/// Images of 8 x 8 with a bright left (class a) or right half (class b), as files and as arrays, a network that reads
/// the brightness of halves, and runs of `experiment` with them.
class BrightHalves {
 public:
  explicit BrightHalves(std::string experiment, Words settings = {})
      : experiment_(std::move(experiment)), settings_(std::move(settings)) {
    model_ = save_script(folder_, "m.pt",
                         "    left = x[:, :, :, :4].flatten(1).mean(1)\n    right = x[:, :, :, 4:].flatten(1).mean(1)\n"
                         "    return torch.stack([20 * left, 20 * right, 8 * (left + right)], 1)\n")
                 .string();
    draw("train", kTraining);
    draw("test", kTest);
  }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  std::string array(const std::string& part) const { return file(part + ".npy"); }
  std::string labels(const std::string& part) const { return file(part + "-labels.npy"); }
  const std::string& model() const { return model_; }

  Words run(const std::string& store, const Words& settings = {}, const Words& more = {}) const {
    Words words{"run", experiment_, "--quiet", "--store", file(store), "--artifacts", file(store + ".d")};
    for (const Words& list : {all_settings(), settings}) {
      for (const std::string& setting : list) words.insert(words.end(), {"--set", setting});
    }
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Words all_settings() const {
    Words all{"dataset=image-folder:classes=true,dir=" + file("in"), "model=" + model_};
    all.insert(all.end(), settings_.begin(), settings_.end());
    return all;
  }

 private:
  void draw(const std::string& part, std::size_t each) {
    constexpr std::size_t kSide = 8;
    RandomStream random{Seed(part == "train" ? 1 : 2)};
    std::vector<float> values;
    std::vector<std::int64_t> labels;
    for (std::size_t i = 0; i < 2 * each; ++i) {
      const std::size_t label = i / each;
      const fs::path folder = folder_ / "in" / part / (label == 0 ? "a" : "b");
      fs::create_directories(folder);
      std::string rows;
      for (std::size_t y = 0; y < kSide; ++y) {
        rows += '\0';
        for (std::size_t x = 0; x < kSide; ++x) {
          const bool bright = (x < kSide / 2) == (label == 0);
          const auto pixel = static_cast<unsigned char>((bright ? 150 : 30) + random.below(90));
          rows += static_cast<char>(pixel);
          values.push_back(static_cast<float>(pixel) / 255.0F);
        }
      }
      write_file(folder / fmt::format("{:03}.png", i), png_of({kSide, kSide}, rows));
      labels.push_back(static_cast<std::int64_t>(label));
    }
    write_values<float>(array(part), {2 * each, 1, kSide, kSide}, values);
    write_values<std::int64_t>(this->labels(part), {2 * each}, labels);
  }

  TemporaryFolder folder_;
  std::string experiment_, model_;
  Words settings_;
};

inline std::vector<double> scores(const std::string& store, const std::string& detector, const std::string& set) {
  std::vector<double> found;
  for (const std::string& row :
       rows_of(store, fmt::format("SELECT printf('%!.17g', score) FROM input_score WHERE detector = '{}'"
                                  " AND input_set LIKE '{}%' ORDER BY item",
                                  detector, set))) {
    found.push_back(std::stod(row));
  }
  return found;
}

/// Everything that was measured, whatever the numbers of sets and cells.
inline std::vector<std::string> results(const std::string& store) {
  std::vector<std::string> rows;
  for (const char* sql :
       {"SELECT run, name, item, source, label, predicted FROM input JOIN input_set USING (input_set) ORDER BY 1, 2, 3",
        "SELECT run, detector, input_set, item, printf('%!.17g', score) FROM input_score ORDER BY 1, 2, 3, 4",
        "SELECT run, input_set, metric, value, ci_low, ci_high, n FROM metric ORDER BY 1, 2, 3",
        "SELECT * FROM shape_check ORDER BY run, name"}) {
    for (std::string& row : rows_of(store, sql)) rows.push_back(std::move(row));
  }
  return rows;
}

/// A plan of the runs of `experiment` into `store`, and the work of so many workers at once; nothing is merged.
inline void measured_by_workers(const BrightHalves& images, const std::string& experiment, const std::string& store,
                                const std::string& plan, int workers) {
  Words words{"plan", experiment, "--store", images.file(store), "--out", images.file(plan)};
  for (const std::string& setting : images.all_settings()) words.insert(words.end(), {"--set", setting});
  measured(words);
  std::vector<Words> all;
  for (int index = 0; index < workers; ++index) {
    all.push_back({"work", images.file(plan), "--quiet", "--index", std::to_string(index), "--of",
                   std::to_string(workers)});
  }
  for (const Finished& worker : deepmine_all(all)) {
    INFO(worker.err);
    CHECK(worker.code == 0);
  }
}

}  // namespace deepmine
