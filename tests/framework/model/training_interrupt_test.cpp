// A training that is interrupted within an epoch goes on there. Signals are real ones, raised after given steps.
#include <torch/serialize.h>
#include <torch/utils.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "framework/core/file.h"
#include "framework/core/interrupt.h"
#include "framework/model/network.h"
#include "framework/model/training.h"
#include "tests/support/error_text.h"
#include "tests/support/small_network.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

/// Raises a signal after so many steps.
class SignalAfter : public NoProgress {
 public:
  explicit SignalAfter(int steps) : left_(steps) {}
  void advance(std::size_t) override {
    if (--left_ == 0) ::raise(SIGUSR1);
  }

 private:
  int left_;
};

struct Stopped {
  TrainingPlace place;                 ///< where it began
  bool interrupted = false;
  std::vector<EpochReport> reports;    ///< of the epochs it finished
  std::shared_ptr<Network> network;
};

struct KillHere {};

/// Trains until it ends, `signal_after` steps are done, or it is killed in the report of epoch `kill_in`.
Stopped train(const std::filesystem::path& state, const std::string& recipe, int signal_after = 0,
              std::int64_t kill_in = 0) {
  static const Dataset data = quadrants(96, 7), outliers = quadrants(40, 9);
  install_interrupt_handlers();
  const bool autoencoder = recipe.rfind("autoencoder", 0) == 0;
  Stopped result;
  result.network =
      autoencoder ? make_network(Spec::parse("autoencoder:channels=1,size=8"), Seed(2)) : untrained_network();
  result.network->fit_preprocessing(data.images);
  const Recipe parsed = parse_recipe(recipe);
  Training training(result.network, data, parsed, Seed(3), state, parsed.exposes() ? &outliers : nullptr);
  result.place = training.resume(recipe);
  SignalAfter progress(signal_after);
  try {
    training.run([&](const EpochReport& report) {
      if (report.epoch == kill_in) throw KillHere{};
      result.reports.push_back(report);
    }, progress);
  } catch (const Interrupted&) {
    result.interrupted = true;
  } catch (const KillHere&) {
  }
  forget_interrupt();
  return result;
}

bool equal_weights(const Network& a, const Network& b) {
  const auto left = a.named_parameters(), right = b.named_parameters();
  for (const auto& item : left) {
    if (!torch::equal(item.value(), right[item.key()])) return false;
  }
  const auto stats = a.named_buffers(), others = b.named_buffers();
  for (const auto& item : stats) {
    if (!torch::equal(item.value(), others[item.key()])) return false;
  }
  return true;
}

/// Everything of a report but the time.
bool equal_reports(const std::vector<EpochReport>& a, const std::vector<EpochReport>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const EpochReport& x, const EpochReport& y) {
    return x.epoch == y.epoch && x.epochs == y.epochs && x.loss == y.loss && x.accuracy == y.accuracy &&
           x.rate == y.rate;
  });
}

TEST_CASE(
    "a training interrupted within epochs again and again ends in the weights and reports of an undisturbed one") {
  // 96 images: six steps an epoch.
  for (const std::string recipe :
       {"fast:epochs=3,batch=16", "paper:epochs=3,batch=16", "plain:optimizer=adadelta,epochs=3,batch=16",
        "autoencoder:epochs=3,batch=16", "oe:epochs=3,batch=16,outlier-batch=24,shift=0.2"}) {
    INFO(recipe);
    const TemporaryFolder folder;
    const Stopped whole = train(folder / "whole", recipe);
    std::vector<EpochReport> reports;
    std::vector<std::pair<std::int64_t, std::int64_t>> places;
    Stopped part;
    for (const int steps : {2, 1, 5, 4, 0}) {  // the third of them across the end of an epoch
      part = train(folder / "state", recipe, steps);
      places.emplace_back(part.place.epochs, part.place.steps);
      reports.insert(reports.end(), part.reports.begin(), part.reports.end());
      CHECK(part.interrupted == (steps > 0));
    }
    CHECK(places == std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 0}, {0, 2}, {0, 3}, {1, 2}, {2, 0}});
    CHECK(equal_weights(*whole.network, *part.network));
    CHECK(equal_reports(whole.reports, reports));
  }
}

TEST_CASE("a training killed after an interrupt goes on at the last place that was saved") {
  const TemporaryFolder folder;
  const std::string recipe = "fast:epochs=3,batch=16";
  const Stopped whole = train(folder / "whole", recipe);
  train(folder / "state", recipe, 2);
  const std::string saved = read_file(folder / "state");
  train(folder / "state", recipe, 0, 2);
  write_file(folder / "state", saved);  // as if the kill had come before the epoch's end
  const Stopped rest = train(folder / "state", recipe);
  CHECK(rest.place.epochs == 0);
  CHECK(rest.place.steps == 2);
  CHECK(equal_weights(*whole.network, *rest.network));
  CHECK(equal_reports(whole.reports, rest.reports));
}

TEST_CASE("test images are not judged any longer after an interrupt") {
  const TemporaryFolder folder;
  const Stopped whole = train(folder / "state", "fast:epochs=1,batch=32");
  const Dataset data = quadrants(96, 7);
  ::raise(SIGTERM);
  CHECK_THROWS_AS(accuracy(*whole.network, data), Interrupted);
  forget_interrupt();
  CHECK_NOTHROW(accuracy(*whole.network, data));
}

}  // namespace
}  // namespace deepmine
