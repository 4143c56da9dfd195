// Model files that somebody else wrote: what they claim costs nothing, and what is wrong is told in one line.
#include <torch/script.h>

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "framework/core/file.h"
#include "framework/core/npz.h"
#include "framework/model/classifier.h"
#include "framework/model/model_file.h"
#include "tests/support/error_text.h"
#include "tests/support/script_network.h"
#include "tests/support/small_network.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

using Catch::Contains;

/// What is said of a model file with this about.json and no weights.
std::string complaint(const std::string& about) {
  const TemporaryFolder folder;
  write_npz(folder / "m.npz", {{}, {{"about", about}}});
  return error_text([&] { load_model((folder / "m.npz").string()); });
}

long peak_megabytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

TEST_CASE("a network as large as a file claims is not made") {
  const long before = peak_megabytes();
  for (const char* spec : {"resnet20:channels=999999999", "resnet20:classes=9223372036854775807", "cnn:size=100000",
                           "autoencoder:size=1000000000", "resnet20:classes=-1"}) {
    CAPTURE(spec);
    CHECK_THAT(complaint(std::string(R"({"network": ")") + spec + "\"}"), Contains("expected a number in"));
  }
  // The largest that the options allow.
  for (const char* spec :
       {"cnn:channels=3,size=256,classes=100000", "densenet:depth=190,growth=40,compression=1,classes=10000",
        "lenet:size=64,conv1=128,conv2=128,fc1=512,fc2=512,classes=100000"}) {
    CAPTURE(spec);
    CHECK_THAT(complaint(std::string(R"({"network": ")") + spec + "\"}"), Contains("expected an array"));
  }
  CHECK(peak_megabytes() - before < 600);
}

TEST_CASE("an about.json that is damaged, nested or silent is refused") {
  CHECK_THAT(complaint("{"), Contains("m.npz: about.json: expected a JSON object"));
  CHECK_THAT(complaint(R"({"network": ["cnn"]})"), Contains("about.json: network: expected a text"));
  CHECK_THAT(complaint(R"({"dataset": "mnist"})"), Contains("about.json names no network"));
  constexpr std::size_t kDepth = 400'000;
  CHECK_THAT(complaint(R"({"network": "cnn", "note": )" + std::string(kDepth, '[') + std::string(kDepth, ']') + "}"),
             Contains("about.json: note: expected a text"));
}

TEST_CASE("what belongs to no network is refused by name before it is unpacked") {
  const TemporaryFolder folder;
  const auto file = folder / "m.npz";
  save_model(file, *untrained_network(), {{"network", "resnet20:channels=1,classes=4,size=8"}});
  const Npz good = read_npz(file);
  const auto rejections = [&](const std::string& bytes, const std::string& expected) {
    write_file(file, bytes);
    CHECK_THAT(error_text([&] { load_model(file.string()); }), Contains("m.npz") && Contains(expected));
    const std::string spec = "resnet20:channels=1,size=8,classes=4,weights=" + file.string();
    CHECK_THAT(error_text([&] { load_model(spec); }), Contains("m.npz") && Contains(expected));
  };
  Npz more = good;
  more.arrays["more"] = {{30}, std::vector<std::uint8_t>(30, 'm')};
  std::string damaged = format_npz(more);  // or a member of wrong bytes would be told of
  damaged[damaged.find(std::string(30, 'm'))] = 'M';
  rejections(damaged, "array \"more\" belongs to no layer");
  more = good;
  more.texts["more"] = std::string(30, 'm');
  damaged = format_npz(more);
  damaged[damaged.find(std::string(30, 'm'))] = 'M';
  rejections(damaged, "expected no text but about.json, found more.json");
  Npz larger = good;
  larger.arrays["dense.bias"] = {{std::size_t{1} << 21}, std::vector<std::uint8_t>(1 << 21)};
  rejections(format_npz(larger), "dense.bias.npy: expected a member of at most 1048608 bytes");
  std::string text = format_npz(good);
  text[text.find("resnet20")] = 'R';
  rejections(text, "about.json: expected an undamaged archive member");
}

TEST_CASE("a damaged TorchScript file is refused before libtorch sees it") {
  const TemporaryFolder folder;
  const auto file = folder / "m.pt";
  save_script_network(file);
  load_model(file.string());
  const std::string whole = read_file(file);
  const auto rejection = [&](const std::string& bytes) {
    write_file(file, bytes);
    return error_text([&] { load_model(file.string()); });
  };
  const torch::Tensor dense = script_network().attr("dense").toTensor();
  const std::string weights(static_cast<const char*>(dense.data_ptr()), dense.nbytes());
  const std::size_t place = whole.find(weights);
  REQUIRE(place != std::string::npos);
  std::string changed = whole;
  changed[place + 5] = static_cast<char>(changed[place + 5] ^ 1);
  CHECK_THAT(rejection(changed), Contains("m.pt") && Contains("wrong bytes"));
  CHECK_THAT(rejection(whole.substr(0, whole.size() - 100)), Contains("m.pt: expected a TorchScript file"));
  CHECK_THAT(rejection(whole.substr(0, place)), Contains("m.pt: expected a TorchScript file"));
  CHECK_THAT(rejection("this is no model"), Contains("m.pt: expected a TorchScript file"));
  CHECK_THAT(rejection(""), Contains("empty file"));
  CHECK_THAT(error_text([] { load_model("/dev/zero"); }), Contains("found a pipe or a device"));
}

TEST_CASE("a TorchScript file with files of its own beside the code loads as before") {
  const TemporaryFolder folder;
  const torch::jit::ExtraFilesMap extra{{"notes/readme.txt", std::string(100'000, 'x')}};
  script_network().save((folder / "m.pt").string(), extra);
  CHECK(load_model((folder / "m.pt").string()).output(torch::rand({2, 1, 8, 8})).size(1) == 4);
}

}  // namespace
}  // namespace deepmine
