#include "framework/attack/adversarial_set.h"

#include <catch2/catch.hpp>

#include "framework/core/file.h"
#include "tests/support/error_text.h"
#include "tests/support/small_network.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

const std::string kStrong = "bim:clip=unit,epsilon=0.4,step=0.04,steps=20";

struct Bench {
  Dataset data = quadrants(40, 21);
  TemporaryFolder folder;

  AttackedImages made;  ///< by the last order

  AdversarialSet make(const AttackOrder& order) {
    NoProgress silent;
    const torch::Tensor rows = attackable(order, predict(small_classifier(), data.pixels(order.begin, order.end)));
    const Goal goal = Goal::towards(*order.target, rows.size(0));
    made = attacked_images(small_classifier(), data, order, rows, goal, folder.path(), silent);
    return successful_images(data, order, rows, made, predict(small_classifier(), made.images));
  }
  torch::Tensor images(const AdversarialSet& set) const { return made.images.index_select(0, set.rows); }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      count += entry.path().extension() == ".npy" ? 1 : 0;
    }
    return count;
  }
};

TEST_CASE("an adversarial set holds successful images only, beside the images they were made from") {
  Bench bench;
  const AdversarialSet set = bench.make({kStrong, 10, 40, 2, ""});
  REQUIRE(set.n_kept() > 5);
  const torch::Tensor images = bench.images(set);
  CHECK(images.size(0) == set.n_kept());
  CHECK(set.success_rate ==
        Approx(static_cast<double>(set.n_kept()) / static_cast<double>(set.n_candidates)));
  CHECK((predict(small_classifier(), images) == 2).all().item<bool>());
  for (std::int64_t i = 0; i < set.n_kept(); ++i) {
    const auto source = static_cast<std::int64_t>(set.sources[static_cast<std::size_t>(i)]);
    REQUIRE(source >= 10);
    const torch::Tensor clean = bench.data.pixels(source, source + 1);
    CHECK(predict(small_classifier(), clean)[0].item<std::int64_t>() != 2);
    CHECK((images[i] - clean[0]).abs().max().item<double>() <= 0.4 + 1e-6);
  }
}

TEST_CASE("the same order is carried out once, and a damaged file is made again") {
  Bench bench;
  const AttackOrder order{kStrong, 0, 40, 1, "x"};
  const AdversarialSet first = bench.make(order);
  const torch::Tensor images = bench.made.images;
  const auto written = std::filesystem::last_write_time(first.file);
  const AdversarialSet again = bench.make(order);
  CHECK(std::filesystem::last_write_time(first.file) == written);
  CHECK(torch::equal(images, bench.made.images));
  CHECK(torch::equal(first.rows, again.rows));
  std::string bytes = read_file(first.file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_file(first.file, bytes);
  const AdversarialSet mended = bench.make(order);
  CHECK(torch::equal(images, bench.made.images));
  CHECK(torch::equal(first.rows, mended.rows));
  CHECK(sha256_of_file(first.file) == first.sha256);
}

TEST_CASE("orders that differ in anything have files of their own") {
  Bench bench;
  bench.make({kStrong, 0, 40, 1, "x"});
  bench.make({kStrong, 0, 40, 2, "x"});
  bench.make({kStrong, 1, 40, 1, "x"});
  bench.make({kStrong, 0, 40, 1, "y"});
  bench.make({"bim:clip=unit,epsilon=0.4,step=0.04,steps=21", 0, 40, 1, "x"});
  CHECK(bench.files() == 5);
}

TEST_CASE("an attack that never succeeds, and one with nothing to attack, say so") {
  Bench bench;
  CHECK(error_text([&] { bench.make({"bim:epsilon=0,step=0", 0, 40, 1, ""}); })
            .find("succeeded on none") != std::string::npos);
  const torch::Tensor all_there = torch::full({40}, 1, torch::kInt64);
  const std::string text = error_text([&] { attackable({kStrong, 0, 40, 1, ""}, all_there); });
  CHECK(text.find("not classified as 1") != std::string::npos);
}

}  // namespace
}  // namespace deepmine
