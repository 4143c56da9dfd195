#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/model/model_file.h"
#include "framework/model/training.h"
#include "tests/fuzz/changed_npz.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_file.h"
#include "tests/support/temporary_folder.h"

using namespace deepmine;

namespace {

constexpr std::int64_t kEpochs = 1, kSteps = 2;  // of eight images by four

/// A short training by one optimizer.
class Example {
 public:
  explicit Example(const std::string& recipe) : recipe_(parse_recipe(recipe + ":epochs=1,batch=4")) {
    const TemporaryFolder folder;
    NoProgress silent;
    Training training = training_in(folder / "state");
    training.run([](const EpochReport&) {}, silent);
    state_ = read_npz(folder / "state");
  }

  const Npz& state() const { return state_; }
  TrainingPlace resume(const std::filesystem::path& file) const { return training_in(file).resume(""); }

 private:
  Training training_in(const std::filesystem::path& file) const {
    static const Dataset data{"grey", Part::kTrain, torch::full({8, 1, 8, 8}, 99, torch::kUInt8),
                              torch::zeros({8}, torch::kInt64), {"grey"}, ""};
    static const auto network = make_network(Spec::parse("autoencoder:channels=1,size=8"), Seed(1));
    return Training(network, data, recipe_, Seed(1), file);
  }

  Recipe recipe_;
  Npz state_;
};

}  // namespace

/// A state that is read is of an epoch of this training, and of a step of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Example examples[] = {Example("fast"), Example("paper"), Example("autoencoder")};
  if (size == 0) return 0;
  const Example& example = examples[data[0] % 3];
  try {
    const MemoryFile file(archive_like(example.state(), "training", {data + 1, size - 1}));
    const TrainingPlace done = example.resume(file.path());
    must(done.epochs >= 0 && done.epochs <= kEpochs);
    must(done.steps >= 0 && done.steps < (done.epochs < kEpochs ? kSteps : 1));
  } catch (const Error&) {  // what a user is told
  }
  return 0;
}
