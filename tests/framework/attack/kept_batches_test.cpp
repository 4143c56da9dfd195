#include "framework/attack/kept_batches.h"

#include <catch2/catch.hpp>

#include "framework/attack/attack.h"
#include "framework/core/file.h"
#include "tests/support/small_network.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

KeptBatches::Finished batch(bool with_first) {
  KeptBatches::Finished result{
      torch::rand({3, 1, 2, 2}), {}, torch::tensor({4, 5, 6}, torch::kInt64), torch::tensor({7, 8, 9}, torch::kInt64)};
  if (with_first) result.first = torch::rand({3, 1, 2, 2});
  return result;
}

TEST_CASE("a batch that was kept is read again, and no other") {
  const TemporaryFolder folder;
  const KeptBatches kept(folder / "x.batches", "order");
  for (const bool with_first : {false, true}) {
    const auto written = batch(with_first);
    kept.write(7, written);
    const auto found = kept.read(7, {3, 1, 2, 2});
    REQUIRE(found);
    CHECK(torch::equal(found->images, written.images));
    CHECK(torch::equal(found->gradients, written.gradients));
    CHECK(torch::equal(found->queries, written.queries));
    CHECK(found->first.defined() == with_first);
    if (with_first) CHECK(torch::equal(found->first, written.first));
  }
  CHECK_FALSE(kept.read(8, {3, 1, 2, 2}));
  CHECK_FALSE(kept.read(7, {3, 1, 2, 3}));
  CHECK_FALSE(KeptBatches(folder / "x.batches", "other order").read(7, {3, 1, 2, 2}));
  kept.discard();
  CHECK_FALSE(std::filesystem::exists(folder / "x.batches"));
}

TEST_CASE("a batch that was cut off or changed is not taken") {
  const TemporaryFolder folder;
  const KeptBatches kept(folder / "x.batches", "order");
  kept.write(0, batch(true));
  const auto file = std::filesystem::directory_iterator(folder / "x.batches")->path();
  const std::string whole = read_file(file);
  for (const std::size_t length : {std::size_t{0}, std::size_t{64}, std::size_t{128}, whole.size() - 1}) {
    write_file(file, whole.substr(0, length));
    CHECK_FALSE(kept.read(0, {3, 1, 2, 2}));
  }
  std::string damaged = whole;
  damaged[whole.size() / 2] = static_cast<char>(damaged[whole.size() / 2] ^ 1);
  write_file(file, damaged);
  CHECK_FALSE(kept.read(0, {3, 1, 2, 2}));
}

TEST_CASE("what is not a batch stays in the folder") {
  const TemporaryFolder folder;
  const KeptBatches kept(folder / "x.batches", "order");
  kept.write(0, batch(false));
  write_file(folder / "x.batches" / "000001.batch.77-1.part", "half of one");
  write_file(folder / "x.batches" / "notes.txt", "mine");
  kept.discard();
  CHECK(read_file(folder / "x.batches" / "notes.txt") == "mine");
  CHECK_FALSE(kept.read(0, {3, 1, 2, 2}));
  CHECK_FALSE(std::filesystem::exists(folder / "x.batches" / "000001.batch.77-1.part"));
}

TEST_CASE("an attack takes over the batches that are kept, and makes the others") {
  const TemporaryFolder folder;
  const Dataset data = quadrants(250, 4);
  const torch::Tensor images = data.pixels(0, 250);
  const Goal goal = Goal::away_from(data.labels);
  const auto attack = Registry<Attack>::instance().make(Spec::parse("bim-b:epsilon=0.2,step=0.05,steps=4"));
  NoProgress silent;
  const AttackResult whole = (*attack)(small_classifier(), images, goal, silent);
  const KeptBatches kept(folder / "x.batches", "order");
  KeptBatches::Finished marked{torch::full({100, 1, 8, 8}, 0.25), torch::full({100, 1, 8, 8}, 0.75),
                               torch::full({100}, 9, torch::kInt64), torch::full({100}, 8, torch::kInt64)};
  kept.write(1, marked);
  // The marked batch breaks no promise of the attack's: it is not checked again.
  const AttackResult found = (*attack)(small_classifier(), images, goal, silent, &kept);
  CHECK(torch::equal(found.images.slice(0, 0, 100), whole.images.slice(0, 0, 100)));
  CHECK(torch::equal(found.images.slice(0, 100, 200), marked.images));
  CHECK(torch::equal(found.first.slice(0, 100, 200), marked.first));
  CHECK(torch::equal(found.gradients.slice(0, 100, 200), marked.gradients));
  CHECK(torch::equal(found.queries.slice(0, 100, 200), marked.queries));
  CHECK(torch::equal(found.images.slice(0, 200, 250), whole.images.slice(0, 200, 250)));
  CHECK(kept.read(0, {100, 1, 8, 8}));
  CHECK(kept.read(2, {50, 1, 8, 8}));
}

}  // namespace
}  // namespace deepmine
