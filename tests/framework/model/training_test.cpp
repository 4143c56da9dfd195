#include "framework/model/training.h"

#include <catch2/catch.hpp>
#include <torch/serialize.h>
#include <torch/utils.h>

#include <set>

#include "framework/core/file.h"
#include "framework/core/npz.h"
#include "framework/model/augmentation.h"
#include "framework/model/model_file.h"
#include "framework/model/network.h"
#include "tests/support/error_text.h"
#include "tests/support/small_network.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

struct StopHere {};

/// Grey values that know no quadrants.
Dataset noise(std::int64_t count) {
  Dataset data = quadrants(count, 9);
  RandomStream random{Seed(4)};
  for (std::int64_t i = 0; i < data.images.numel(); ++i) {
    data.images.data_ptr<std::uint8_t>()[i] = static_cast<std::uint8_t>(random.below(256));
  }
  return data;
}

/// Trains, and stops after `epochs` as a kill would: nothing but the state file is left.
std::shared_ptr<Network> train(const std::filesystem::path& state, std::int64_t epochs,
                               const std::string& recipe) {
  static const Dataset data = quadrants(96, 7), outliers = noise(80);
  auto network = untrained_network();
  network->fit_preprocessing(data.images);
  const Recipe parsed = parse_recipe(recipe);
  Training training(network, data, parsed, Seed(3), state, parsed.exposes() ? &outliers : nullptr);
  training.resume(recipe);
  NoProgress silent;
  try {
    training.run([&](const EpochReport& r) { if (r.epoch == epochs) throw StopHere{}; },
                 silent);
  } catch (const StopHere&) {
  }
  return network;
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

TEST_CASE("a training stopped after any epoch ends in the weights of an uninterrupted one") {
  for (const std::string recipe : {"fast:epochs=3,batch=32", "paper:epochs=3,batch=32",
                                   "plain:optimizer=adadelta,epochs=3,batch=32",
                                   "oe:epochs=3,batch=32,outlier-batch=30,shift=0.2"}) {
    INFO(recipe);
    const TemporaryFolder folder;
    const auto whole = train(folder / "whole", -1, recipe);
    train(folder / "state", 1, recipe);
    train(folder / "state", 2, recipe);
    const auto continued = train(folder / "state", -1, recipe);
    CHECK(equal_weights(*whole, *continued));
    CHECK_FALSE(equal_weights(*whole, *untrained_network()));
  }
}

TEST_CASE("an autoencoder learns to give images back, and continues exactly") {
  const TemporaryFolder folder;
  const Dataset data = quadrants(96, 7);
  const auto trained = [&](const char* state, std::int64_t epochs) {
    auto network = make_network(Spec::parse("autoencoder:channels=1,size=8"), Seed(2));
    Training training(network, data, parse_recipe("autoencoder:epochs=12,batch=16"), Seed(3), folder / state);
    training.resume("autoencoder");
    NoProgress silent;
    try {
      training.run([&](const EpochReport& report) {
        CHECK_FALSE(report.accuracy);
        if (report.epoch == epochs) throw StopHere{};
      }, silent);
    } catch (const StopHere&) {
    }
    return network;
  };
  const auto whole = trained("whole", -1);
  trained("state", 5);
  CHECK(equal_weights(*whole, *trained("state", -1)));
  const auto untrained = make_network(Spec::parse("autoencoder:channels=1,size=8"), Seed(2));
  CHECK(reconstruction_loss(*whole, data) < reconstruction_loss(*untrained, data) - 0.01);
}

TEST_CASE("the state of another training is refused, and so is a damaged one") {
  const TemporaryFolder folder;
  train(folder / "state", 1, "fast:epochs=3,batch=32");
  CHECK(error_text([&] { train(folder / "state", -1, "fast:epochs=4,batch=32"); })
            .find("expected the state of") != std::string::npos);
  const auto complaint = [&](const std::string& bytes) {
    write_file(folder / "state", bytes);
    const std::string text = error_text([&] { train(folder / "state", -1, "fast:epochs=3,batch=32"); });
    CHECK_THAT(text, Catch::Contains("state (state of a training; delete it to start again)"));
    return text;
  };
  const std::string whole = read_file(folder / "state");
  complaint(whole.substr(0, whole.size() / 2));
  for (std::size_t place = 100; place < whole.size(); place += whole.size() / 20) {
    CAPTURE(place);
    std::string changed = whole;
    changed[place] = static_cast<char>(changed[place] ^ 1);
    complaint(changed);
  }
  const Npz good = parse_npz(whole, "state");
  const auto complaint_of_text = [&](const std::string& text) {
    return complaint(format_npz({good.arrays, {{"training", text}}}));
  };
  const std::string start = R"({"identity": "fast:epochs=3,batch=32", "steps": 0, "epochs": )";
  CHECK_THAT(complaint_of_text(start + "4}"), Catch::Contains("epochs: expected 0 to 3, found 4"));
  CHECK_THAT(complaint_of_text(start + "-1}"), Catch::Contains("expected 0 to 3"));
  CHECK_THAT(complaint_of_text(start + "[]}"), Catch::Contains("epochs: expected a text, number"));
  CHECK_THAT(complaint_of_text("{\"identity\": \"fast:epochs=3,batch=32\"}"),
             Catch::Contains("expected a count of epochs"));
  Npz without = good;
  without.arrays.erase("optimizer.momentum.3");
  CHECK_THAT(complaint(format_npz(without)), Catch::Contains("\"optimizer.momentum.3\""));
}

TEST_CASE("a state of more steps than an epoch has is refused, which would skip the rest of it") {
  const TemporaryFolder folder;
  const std::string recipe = "fast:epochs=3,batch=32";  // 96 images: three steps an epoch
  train(folder / "state", 1, recipe);
  const Npz good = read_npz(folder / "state");
  const auto resume = [&](const std::string& steps, const std::string& epochs = "1",
                          const std::string& random = "1 2 3 4") {
    const std::string facts =
        fmt::format(R"({{"identity": "{}", "steps": 0, "epochs": {}, "epoch_steps": {}, "epoch_random": "{}",
        "epoch_loss": "1", "epoch_hits": "1", "epoch_rate": "0.1", "epoch_seconds": "1"}})",
                    recipe, epochs, steps, random);
    write_npz(folder / "state", {good.arrays, {{"training", facts}}});
    train(folder / "state", 2, recipe);
  };
  for (const char* steps : {"3", "4", "2000000000", "0", "-1"}) {
    CAPTURE(steps);
    CHECK_THAT(error_text([&] { resume(steps); }),
               Catch::Contains("epoch_steps: expected more than 0 and less than 3"));
  }
  CHECK_THAT(error_text([&] { resume("1", "3"); }), Catch::Contains("epoch_steps: expected none after the last epoch"));
  CHECK_THAT(error_text([&] { resume("1", "1", "0 0 0 0"); }),
             Catch::Contains("epoch_random: expected 4 whole numbers, not all 0"));
  CHECK_NOTHROW(resume("2"));
}

TEST_CASE("what belongs to no state is refused by name before it is unpacked") {
  const TemporaryFolder folder;
  const std::string recipe = "fast:epochs=3,batch=32";
  train(folder / "state", 1, recipe);
  const Npz good = read_npz(folder / "state");
  const auto complaint = [&](const std::string& bytes) {
    write_file(folder / "state", bytes);
    return error_text([&] { train(folder / "state", -1, recipe); });
  };
  Npz more = good;
  more.arrays["more"] = {{30}, std::vector<std::uint8_t>(30, 'm')};
  std::string damaged = format_npz(more);  // or a member of wrong bytes would be told of
  damaged[damaged.find(std::string(30, 'm'))] = 'M';
  CHECK_THAT(complaint(damaged), Catch::Contains("delete it to start again): array \"more\" belongs to no layer"));
  Npz larger = good;
  larger.arrays["network.dense.bias"] = {{std::size_t{1} << 21}, std::vector<std::uint8_t>(1 << 21)};
  CHECK_THAT(complaint(format_npz(larger)),
             Catch::Contains("network.dense.bias.npy: expected a member of at most 1048608 bytes"));
}

TEST_CASE("a state in libtorch's own format, which is a program, is refused unread") {
  const TemporaryFolder folder;
  torch::serialize::OutputArchive archive;
  archive.write("epochs_done", torch::IValue(std::int64_t{1}));
  archive.save_to((folder / "state").string());
  CHECK_THAT(error_text([&] { train(folder / "state", -1, "fast:epochs=3,batch=32"); }),
             Catch::Contains("delete it to start again") && Catch::Contains("expected"));
}

TEST_CASE("training by either recipe learns a simple problem") {
  for (const std::string recipe : {"fast:epochs=16,batch=16,rate=0.03,flip=false,shift=0",
                                   "paper:epochs=16,batch=16,rate=0.005,flip=false,shift=0"}) {
    INFO(recipe);
    // Running statistics follow with momentum 0.01: they need some 250 steps.
    const Dataset data = quadrants(256, 7), test = quadrants(100, 8);
    const TemporaryFolder folder;
    auto network = untrained_network();
    network->fit_preprocessing(data.images);
    Training training(network, data, parse_recipe(recipe), Seed(3), folder / "state");
    training.resume("x");
    std::vector<double> losses;
    NoProgress silent;
    training.run([&](const EpochReport& r) { losses.push_back(r.loss); }, silent);
    CHECK(losses.back() < 0.7 * losses.front());
    CHECK(accuracy(*network, test) > 0.8);
  }
}

TEST_CASE("only convolution kernels decay") {
  // With a huge decay and a tiny rate, kernels shrink and everything else hardly moves.
  const Dataset data = quadrants(32, 7);
  const TemporaryFolder folder;
  auto network = untrained_network(), before = untrained_network();
  Training training(network, data, parse_recipe("fast:epochs=1,batch=32,rate=0.0001,weight-decay=1"),
                    Seed(3), folder / "state");
  training.resume("x");
  NoProgress silent;
  training.run([](const EpochReport&) {}, silent);
  CHECK((network->named_parameters()["stem_bn.weight"] - 1).abs().max().item<double>() < 1e-3);
  CHECK(network->named_parameters()["dense.weight"].norm().item<double>() ==
        Approx(before->named_parameters()["dense.weight"].norm().item<double>()).epsilon(1e-3));
}

TEST_CASE("learning rates follow their schedules") {
  const Recipe paper = parse_recipe("paper:epochs=200");
  const auto at = [&](double epoch) { return paper.rate_at(epoch / 200); };
  CHECK(at(0) == Approx(1e-3));
  CHECK(at(79) == Approx(1e-3));
  CHECK(at(81) == Approx(1e-4));
  CHECK(at(121) == Approx(1e-5));
  CHECK(at(161) == Approx(1e-6));
  CHECK(at(181) == Approx(5e-7));
  const Recipe fast = parse_recipe("fast:rate=0.2");
  CHECK(fast.rate_at(0) == Approx(0.008));
  CHECK(fast.rate_at(0.3) == Approx(0.2));
  CHECK(fast.rate_at(0.65) == Approx(0.1));
  CHECK(fast.rate_at(0.999999) < 1e-6);
}

TEST_CASE("recipes refuse unknown names and keys, and write out every option") {
  CHECK(error_text([] { parse_recipe("quick"); }).find("known: autoencoder, fast, oe, paper, plain") !=
        std::string::npos);
  CHECK(error_text([] { parse_recipe("fast:epoch=3"); }).find("known: batch, epochs") !=
        std::string::npos);
  const std::string canonical = canonical_recipe("paper:epochs=7");
  CHECK(canonical_recipe(canonical) == canonical);
  CHECK(canonical.find("epochs=7") != std::string::npos);
}

TEST_CASE(
    "how sure a network is of outliers is least where all logits are equal, and has the gradient of differences") {
  const torch::Tensor even = torch::full({3, 5}, 2.5, torch::kFloat64);
  CHECK(unsureness_loss(even).item<double>() == Approx(std::log(5)));
  torch::Tensor logits = torch::tensor({{1.0, -2.0, 0.5}, {3.0, 0.0, 7.0}}, torch::kFloat64).requires_grad_(true);
  CHECK(unsureness_loss(logits).item<double>() > std::log(3));
  unsureness_loss(logits).backward();
  CHECK(torch::allclose(logits.grad(), (logits.detach().softmax(1) - 1.0 / 3) / 2, 1e-12, 1e-15));
  constexpr double kStep = 1e-6;
  for (std::int64_t i = 0; i < logits.numel(); ++i) {
    torch::Tensor shift = torch::zeros_like(logits);
    shift.view(-1)[i] = kStep;
    const double up = unsureness_loss(logits.detach() + shift).item<double>(),
                 down = unsureness_loss(logits.detach() - shift).item<double>();
    CHECK(logits.grad().view(-1)[i].item<double>() == Approx((up - down) / (2 * kStep)).epsilon(1e-6));
  }
}

double largest_probability(Network& network, const Dataset& data) {
  torch::NoGradGuard no_gradient;
  return network.forward(data.pixels(0, data.size()), {}).softmax(1).amax(1).mean().item<double>();
}

TEST_CASE("a network tuned by outlier exposure is less sure of outliers, and still right about images") {
  const Dataset data = quadrants(256, 7), test = quadrants(100, 8), outliers = noise(256);
  const auto tuned = [&](const std::string& weight) {
    const TemporaryFolder folder;
    auto network = untrained_network();
    network->fit_preprocessing(data.images);
    NoProgress silent;
    Training first(network, data, parse_recipe("fast:epochs=12,batch=16,rate=0.03,flip=false,shift=0"), Seed(3),
                   folder / "a");
    first.run([](const EpochReport&) {}, silent);
    Training second(network, data, parse_recipe("oe:epochs=6,batch=16,outlier-batch=16,rate=0.01,weight=" + weight),
                    Seed(3), folder / "b", &outliers);
    second.run([](const EpochReport&) {}, silent);
    return network;
  };
  const auto exposed = tuned("0.5"), not_so = tuned("0");
  CHECK(accuracy(*exposed, test) > 0.8);
  CHECK(largest_probability(*exposed, outliers) < largest_probability(*not_so, outliers) - 0.1);
}

TEST_CASE("outliers are one dataset of the shape of the images, written out with its options") {
  CHECK_THAT(canonical_recipe("oe"),
             Catch::Contains("outliers=emnist-letters,part=train") && Catch::Contains("weight=0.5"));
  const std::string some = canonical_recipe("oe:outliers=[gaussian:seed=3,n=10],part=test");
  CHECK_THAT(some, Catch::Contains("outliers=[gaussian:n=10,seed=3],"));
  CHECK(canonical_recipe(some) == some);
  CHECK(parse_recipe(some).outlier_set().text() == "gaussian:n=10,seed=3");
  CHECK_THAT(error_text([] { parse_recipe("oe:outliers=[mnist+omniglot]"); }),
             Catch::Contains("outliers: expected one dataset"));
  CHECK_THAT(error_text([] { parse_recipe("oe:outliers="); }), Catch::Contains("outliers: expected one dataset"));
  CHECK_THAT(error_text([] { parse_recipe("fast:weight=1"); }), Catch::Contains("unknown"));
  const Recipe recipe = parse_recipe("oe");
  CHECK(recipe.rate_at(0) == Approx(1e-3));
  CHECK(recipe.rate_at(1) == Approx(1e-6));
  Dataset small = quadrants(8, 1);
  const Dataset data = quadrants(8, 2);
  small.images = small.images.slice(3, 0, 4);
  CHECK_THAT(error_text([&] { Training(untrained_network(), data, recipe, Seed(1), "state", &small); }),
             Catch::Contains("expected outliers of the shape of the images, 1 x 8 x 8, found 1 x 8 x 4"));
  const auto autoencoder = make_network(Spec::parse("autoencoder:channels=1,size=8"), Seed(2));
  CHECK_THAT(error_text([&] { Training(autoencoder, data, recipe, Seed(1), "state", &data); }),
             Catch::Contains("expected a classifier to train with outliers"));
}

TEST_CASE("without flips and shifts augmentation gives the pixels in [0,1]") {
  const Dataset data = quadrants(5, 1);
  RandomStream random{Seed(1)};
  const torch::Tensor batch = Augmentation(false, 0).batch(data.images, {3, 0}, random);
  CHECK(torch::equal(batch[0], data.pixels(3, 4)[0]));
  CHECK(torch::equal(batch[1], data.pixels(0, 1)[0]));
}

TEST_CASE("augmented images are the original moved by at most the shift, mirrored or not") {
  torch::Tensor image = torch::zeros({1, 1, 10, 10}, torch::kUInt8);
  image[0][0][4][3] = 255;
  RandomStream random{Seed(2)};
  std::set<std::pair<std::int64_t, std::int64_t>> seen;
  for (int i = 0; i < 400; ++i) {
    const torch::Tensor moved = Augmentation(true, 0.1).batch(image, {0}, random)[0][0];
    REQUIRE(moved.sum().item<double>() == Approx(1));
    const auto at = moved.flatten().argmax().item<std::int64_t>();
    seen.emplace(at / 10, at % 10);
  }
  std::set<std::pair<std::int64_t, std::int64_t>> expected;
  for (std::int64_t y = 3; y <= 5; ++y) {
    for (std::int64_t x : {2, 3, 4, 5, 6, 7}) expected.emplace(y, x);
  }
  CHECK(seen == expected);
}

}  // namespace
}  // namespace deepmine
