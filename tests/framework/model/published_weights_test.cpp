// Weights under the names that others gave them.
#include <catch2/catch.hpp>

#include "framework/core/npz.h"
#include "framework/model/classifier.h"
#include "framework/model/named_tensors.h"
#include "framework/model/network.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

using Catch::Contains;

constexpr const char* kSpec = "resnet:depth=14,shortcut=pad,size=8";

struct PublishedFile {
  std::shared_ptr<Network> network = make_network(Spec::parse(kSpec), Seed(3));
  TemporaryFolder folder;

  Npz content(const std::string& prefix = {}) const {
    Npz result;
    for (auto& [name, array] : arrays_of(weights_of(*network))) {
      result.arrays.emplace(prefix + network->published_name(name), std::move(array));
    }
    return result;
  }
  std::string write(const Npz& content) const {
    write_npz(folder / "theirs.npz", content);
    return std::string(kSpec) + ",weights=" + (folder / "theirs.npz").string();
  }
  std::string complaint(const Npz& content) const {
    const std::string spec = write(content);
    return error_text([&] { load_model(spec); });
  }
};

TEST_CASE("a ResNet's arrays are found under the names of its published files") {
  const PublishedFile file;
  const Npz theirs = file.content();
  for (const char* name : {"conv1.weight", "bn1.running_var", "layer1.0.conv1.weight", "layer2.1.bn2.bias",
                           "layer3.0.conv2.weight", "linear.bias"}) {
    CAPTURE(name);
    CHECK(theirs.arrays.count(name) == 1);
  }
  const torch::Tensor images = torch::rand({3, 3, 8, 8});
  file.network->eval();
  use_channels_last(*file.network);
  const torch::Tensor expected = file.network->forward(images, {});
  const auto found = [&](const Npz& content) {
    return load_model(file.write(content)).output(images, [](auto, const auto&) {});
  };
  CHECK(torch::equal(found(theirs), expected));
  Npz wrapped = file.content("module.");
  wrapped.arrays["module.bn1.num_batches_tracked"] = Array{{}, std::vector<std::int64_t>{64000}};
  CHECK(torch::equal(found(wrapped), expected));
}

TEST_CASE("what is wrong with published weights is told in their names") {
  const PublishedFile file;
  Npz missing = file.content();
  missing.arrays.erase("layer2.0.bn1.weight");
  CHECK_THAT(file.complaint(missing), Contains("theirs.npz: expected an array \"layer2.0.bn1.weight\", found none"));
  Npz extra = file.content();
  extra.arrays["layer2.0.shortcut.weight"] = Array{{1}, std::vector<float>(1)};
  CHECK_THAT(file.complaint(extra), Contains("theirs.npz: array \"layer2.0.shortcut.weight\" belongs to no layer"));
  Npz misshapen = file.content();
  misshapen.arrays["linear.weight"] = Array{{10, 32}, std::vector<float>(320)};
  CHECK_THAT(file.complaint(misshapen), Contains("array \"linear.weight\": expected shape [10, 64], found [10, 32]"));
}

std::string canonical(const std::string& spec) { return Registry<Network>::instance().canonical(Spec::parse(spec)); }

TEST_CASE("padded shortcuts bring the options of their published networks, unless told otherwise") {
  CHECK(canonical("resnet20") == "resnet20:channels=3,classes=10,size=32");
  CHECK(canonical("resnet") ==
        "resnet:bias=true,bn-epsilon=0.001,channels=3,classes=10,depth=20,mean=fitted,shortcut=projection,"
        "size=32,std=1");
  CHECK(
      canonical("resnet:shortcut=pad,depth=44") ==
      "resnet:bias=false,bn-epsilon=1e-05,channels=3,classes=10,depth=44,mean=[0.485,0.456,0.406],shortcut=pad,size=32,"
      "std=[0.229,0.224,0.225]");
  const std::string own = canonical("resnet:shortcut=pad,bias=true,mean=1/2,std=[1,2,51/255]");
  CHECK_THAT(own, Contains("bias=true") && Contains("mean=0.5,") && Contains("std=[1,2,0.2]"));
  CHECK_THAT(canonical("resnet:shortcut=pad,channels=1"), Contains("mean=fitted") && Contains("std=1"));
  CHECK_THAT(canonical("densenet:channels=1"), Contains("mean=fitted") && Contains("std=1"));
}

TEST_CASE("a network normalises as its options say") {
  const auto first = [](const std::string& spec, const torch::Tensor& images) {
    torch::Tensor seen;  // a network whose first layer is known: 1x1 images would do, but are too small
    const auto made = make_network(Spec::parse(spec), Seed(2));
    made->eval();
    made->forward(images, [&](std::string_view layer, const torch::Tensor& y) {
      if (layer == "conv1") seen = y;
    });
    return seen;
  };
  const torch::Tensor images = torch::rand({2, 3, 16, 16});
  const torch::Tensor mean = torch::tensor({0.1F, 0.2F, 0.3F}).view({3, 1, 1}),
                      std = torch::tensor({0.5F, 1.0F, 2.0F}).view({3, 1, 1});
  const std::string plain = "lenet:channels=3,size=16", set = plain + ",mean=[0.1,0.2,0.3],std=[0.5,1,2]";
  CHECK(torch::equal(first(set, images), first(plain, (images - mean) / std)));
  CHECK(torch::equal(first(plain + ",mean=0.25", images), first(plain, images - 0.25F)));
}

TEST_CASE("depths and normalisations that no network can have are refused") {
  const auto complaint = [](const std::string& spec) {
    return error_text([&] { Registry<Network>::instance().make(Spec::parse(spec)); });
  };
  CHECK_THAT(complaint("resnet:depth=21"), Contains("depth: expected 6 n + 2") && Contains("found 21"));
  CHECK_THAT(complaint("densenet:depth=99"), Contains("depth: expected 6 n + 4") && Contains("found 99"));
  CHECK_THAT(complaint("densenet:growth=1,compression=0.1"),
             Contains("compression: expected one that leaves channels"));
  CHECK_THAT(complaint("resnet:mean=[0.1,0.2]"), Contains("mean: expected one number, or one for each of 3 channels"));
  CHECK_THAT(complaint("resnet:std=0"), Contains("std: expected numbers above 0"));
  CHECK_THAT(complaint("resnet:std=fitted"), Contains("std: expected a number"));
  CHECK_THAT(complaint("resnet:mean=[0.1,,0.2]"), Contains("mean: expected a number"));
  CHECK_THAT(complaint("resnet:shortcut=none"), Contains("shortcut: expected one of projection, pad"));
}

std::map<std::string, std::vector<std::int64_t>> shapes(const std::string& spec) {
  std::map<std::string, std::vector<std::int64_t>> result;
  for (const Layer& layer : make_network(Spec::parse(spec), Seed(1))->layers()) result[layer.name] = layer.shape;
  return result;
}

/// Channels of all convolutions, and the logits.
std::int64_t units(const std::string& spec) {
  std::int64_t sum = 0;
  for (const auto& [name, shape] : shapes(spec)) {
    const std::string last = name.substr(name.rfind('.') + 1);
    if (last == "logits" || last.rfind("conv", 0) == 0 || last.rfind("fc", 0) == 0) sum += shape[0];
  }
  return sum;
}

std::int64_t parameters(const std::string& spec) {
  std::int64_t count = 0;
  for (const torch::Tensor& weight : make_network(Spec::parse(spec), Seed(1))->parameters()) count += weight.numel();
  return count;
}

using Shape = std::vector<std::int64_t>;

TEST_CASE("networks have the parameters, units and shapes of their papers") {
  CHECK(parameters("resnet") == parameters("resnet20"));
  CHECK(shapes("resnet") == shapes("resnet20"));
  CHECK(parameters("resnet:shortcut=pad") == 269722);           // 0.27 M
  CHECK(parameters("resnet:shortcut=pad,depth=44") == 658586);  // 0.66 M
  CHECK(parameters("densenet") == 769162);                      // 0.8 M
  CHECK(parameters("carlini-mnist") == 312202);
  CHECK(units("densenet") == 3162 + 10);
  CHECK(units("lenet") == 244);
  CHECK(units("carlini-mnist") == 592 + 10);
  const auto dense = shapes("densenet");
  CHECK(dense.at("block1.layer16.conv1") == Shape{48, 32, 32});
  CHECK(dense.at("block1.out") == Shape{216, 32, 32});
  CHECK(dense.at("trans2.pool") == Shape{150, 8, 8});
  CHECK(dense.at("relu1") == Shape{342, 8, 8});
  const auto padded = shapes("resnet:shortcut=pad,depth=44");
  CHECK(padded.at("stack3.block1.shortcut") == Shape{64, 8, 8});
  CHECK(padded.count("stack3.block7.out") == 1);
  CHECK(shapes("lenet").at("pool2") == Shape{20, 4, 4});
  CHECK(units("vgg16:width=0.25") == 4224 / 4 + 512 / 4 + 10);
  const auto vgg = shapes("vgg16:width=0.25");
  CHECK(vgg.at("bn2") == Shape{16, 32, 32});  // of uniform-svdd the minimal detector's layer
  CHECK(vgg.at("conv13") == Shape{128, 2, 2});
  CHECK(vgg.at("pool5") == Shape{128, 1, 1});
}

TEST_CASE("a padded shortcut is every other pixel between channels of zeros") {
  const auto made = make_network(Spec::parse("resnet:depth=8,shortcut=pad"), Seed(1));
  made->eval();
  std::map<std::string, torch::Tensor> seen;
  made->forward(torch::rand({2, 3, 32, 32}),
                [&](std::string_view layer, const torch::Tensor& y) { seen[std::string(layer)] = y; });
  const torch::Tensor before = seen["stack1.block1.out"], after = seen["stack2.block1.shortcut"];
  CHECK(torch::equal(after.slice(1, 8, 24), before.slice(2, 0, 32, 2).slice(3, 0, 32, 2)));
  CHECK(after.slice(1, 0, 8).abs().sum().item<float>() == 0);
  CHECK(after.slice(1, 24, 32).abs().sum().item<float>() == 0);
  CHECK(torch::equal(seen["stack2.block1.out"], torch::relu(seen["stack2.block1.bn2"] + after)));
}

}  // namespace
}  // namespace deepmine
