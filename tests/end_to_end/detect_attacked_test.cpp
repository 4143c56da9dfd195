// The command `detect` with detectors of adversarial images that ask the model itself.
#include "framework/core/npz.h"
#include "framework/core/seed.h"
#include "tests/end_to_end/program.h"
#include "tests/support/script_files.h"

namespace deepmine {
namespace {

/// A program with a convolution, a rectifier and a linear layer, images of it, and brighter ones as adversarial.
struct Files {
  TemporaryFolder folder;
  std::string model = saved_model(), clean = draw("clean.npy", 60, 0.3, 1), adversarial = draw("adv.npy", 40, 1, 2),
              some = draw("some.npy", 6, 1, 3), few = draw("few.npy", 4, 1, 4), labels = turns("labels.npy", 60),
              kept = (folder / "d.npz").string();

  std::string saved_model() const {
    save_script_network(folder / "m.pt");
    return (folder / "m.pt").string();
  }
  /// A quadrant of each is bright, so that the program takes them for different classes.
  std::string draw(const char* name, std::size_t count, double brightness, std::uint64_t seed) const {
    RandomStream random{Seed(seed)};
    std::vector<float> pixels(count * 64);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const std::size_t image = i / 64, row = i % 64 / 8, column = i % 8;
      const bool bright = row / 4 * 2 + column / 4 == image % 4;
      pixels[i] = static_cast<float>(bright ? 1 : brightness * random.uniform());
    }
    return write_values<float>(folder / name, {count, 1, 8, 8}, pixels);
  }
  /// Four classes in turn.
  std::string turns(const char* name, std::size_t count) const {
    std::vector<std::int64_t> classes(count);
    for (std::size_t i = 0; i < count; ++i) classes[i] = static_cast<std::int64_t>(i % 4);
    return write_values<std::int64_t>(folder / name, {count}, classes);
  }
  Words words(const std::string& spec, Words more) const {
    Words words{"detect", spec, "--model", model, "--images", some, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

TEST_CASE("detectors of adversarial images learn, are kept and score again with any number of threads") {
  const Files files;
  const std::pair<const char*, Words> detectors[]{
      {"relevant-neurons:layers=conv+relu,trees=100", {"--adversarial", files.adversarial}},
      {"relevant-neurons:set=random,trees=100,label=false", {"--adversarial", files.adversarial}},
      {"nic", {"--train-labels", files.labels}},
      {"margin", {}},
      {"feature-squeezing:bits=2", {}}};
  for (const auto& [spec, more] : detectors) {
    INFO(spec);
    Words learn{"--train", files.clean, "--save", files.kept};
    learn.insert(learn.end(), more.begin(), more.end());
    const Json found = json_of(deepmine_run(files.words(spec, learn)));
    CHECK(found["scores"].size() == 6);
    const Json again = json_of(deepmine_run(files.words(spec, {"--fitted", files.kept, "--threads", "2"})));
    CHECK(again["scores"] == found["scores"]);
    learn.insert(learn.end(), {"--threads", "2"});
    CHECK(json_of(deepmine_run(files.words(spec, learn)))["scores"] == found["scores"]);
  }
}

TEST_CASE("detectors of adversarial images refuse what they cannot learn from or do") {
  const Files files;
  const Words both{"--train", files.clean, "--adversarial", files.adversarial};
  check_refusals({
      {files.words("relevant-neurons", {"--train", files.clean}),
       "expected --adversarial, inputs that relevant-neurons"},
      {files.words("relevant-neurons:mu=0", both), "mu"},
      {files.words("relevant-neurons:layers=none", both), "none"},
      {files.words("relevant-neurons:set=symmetric-difference",
                   {"--train", files.clean, "--adversarial", files.clean}),
       "expected units in set=symmetric-difference, found none"},
      {files.words("feature-squeezing:bits=0,median=0", {}), "expected one of the squeezers"},
      {files.words("feature-squeezing:median=9", {}), "median: expected a window of at most 8 x 8 pixels"},
      {files.words("nic:layers=conv", {"--train", files.few}), "nic: expected 5 clean inputs or more"},
      {files.words("nic:layers=conv+logits", {"--train", files.clean}), "nic: expected layers before the logits"},
  });
}

TEST_CASE("relevant-neurons refuses classes of values that are no numbers of some") {
  const TemporaryFolder folder;
  const std::string values = write_values<double>(folder / "v.npy", {4, 2}, {1, 2, 3, 4, 5, 6, 7, 9});
  const std::string good = write_values<std::int64_t>(folder / "good.npy", {4}, {0, 1, 0, 1});
  for (const std::int64_t kind : {std::int64_t{-1}, std::int64_t{-100000000}, std::int64_t{1} << 61}) {
    const std::string bad = write_values<std::int64_t>(folder / "bad.npy", {4}, {0, 1, kind, 1});
    const std::string found = "expected classes from 0 to 9999, found " + std::to_string(kind);
    for (const auto& [clean, adversarial] : {std::pair(bad, good), std::pair(good, bad)}) {
      check_refusals({{{"detect", "relevant-neurons", "--train-features", values, "--adversarial", values, "--features",
                        values, "--train-labels", clean, "--adversarial-predicted", adversarial, "--predicted", good},
                       found}});
    }
  }
}

}  // namespace
}  // namespace deepmine
