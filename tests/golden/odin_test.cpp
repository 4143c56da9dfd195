// The reference of odin, the first images of one set computed again.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "framework/data/dataset.h"
#include "framework/detect/detector.h"
#include "framework/run/result_store.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

/// The stored scores of the first images of iSUN that are not skipped.
std::vector<double> stored(Database& database, const std::string& detector, std::int64_t count) {
  Statement rows = database.prepare("SELECT score FROM input_score JOIN run ON run.uid = run AND profile = 'paper'"
                                    " WHERE detector = ?1 AND input_set = 'isun' ORDER BY item LIMIT ?2");
  rows.bind(detector, count);
  std::vector<double> scores;
  while (rows.step()) scores.push_back(rows.real(0));
  return scores;
}

TEST_CASE("The stored scores of odin are those that the published network gives again") {
  const fs::path file = DEEPMINE_SOURCE_DIR "/results/reference/odin.sqlite";
  const char* shared = std::getenv("DEEPMINE_SHARED");
  if (!fs::exists(file) || shared == nullptr || std::getenv("DEEPMINE_DATA") == nullptr) {
    WARN("SKIPPED: no results/reference/odin.sqlite, DEEPMINE_SHARED or DEEPMINE_DATA");
    return;
  }
  ResultStore store = ResultStore::open_read_only(file);
  const auto weights = fs::path(shared) / "models" / "densenet-bc-100-12" / "densenet_cifar10.npz";
  const auto classifier = load_classifier("densenet:depth=100,growth=12,weights=" + weights.string());
  const Dataset isun = load_dataset("isun", Part::kTest, DataFolders());
  for (const auto& [spec, count] : {std::pair<std::string, std::int64_t>{"msp", 250}, {"odin:epsilon=0.0014", 50}}) {
    CAPTURE(spec);
    const auto detector = Registry<Detector>::instance().make(Spec::parse(spec));
    const std::vector<double> again = detector->score(Inputs(*classifier, isun.pixels(1000, 1000 + count)), 1).values;
    const std::vector<double> before = stored(store.database(), spec.substr(0, spec.find(':')), count);
    REQUIRE(before.size() == again.size());
    // Another machine rounds otherwise: by a millionth of the score, and where a gradient is near 0 by more.
    for (std::size_t i = 0; i < again.size(); ++i) CHECK(again[i] == Approx(before[i]).epsilon(1e-4).margin(1e-9));
  }
}

}  // namespace
}  // namespace deepmine
