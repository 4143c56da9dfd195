#include "framework/data/test_set.h"

#include <set>

#include "framework/core/error.h"

namespace deepmine {
namespace {

std::vector<PoolInput> pick(const std::vector<PoolInput>& pool, std::size_t count, const char* kind,
                            Seed seed) {
  ensure(pool.size() >= count, "expected at least {} {} inputs to draw from, found {}; lower the "
         "size of the test sets or raise the number of evaluation images", count, kind,
         pool.size());
  std::vector<PoolInput> result;
  for (std::size_t i : RandomStream(seed).sample(count, pool.size())) result.push_back(pool[i]);
  return result;
}

void append(const std::vector<PoolInput>& inputs, std::uint8_t anomalous, TestSet& set) {
  for (const PoolInput& input : inputs) {
    set.rows.push_back(input.row);
    set.anomalous.push_back(anomalous);
  }
}

std::vector<PoolInput> without(const std::vector<PoolInput>& pool,
                               const std::set<std::size_t>& sources) {
  std::vector<PoolInput> result;
  for (const PoolInput& input : pool) {
    if (sources.count(input.source) == 0) result.push_back(input);
  }
  return result;
}

}  // namespace

std::vector<PoolInput> repeated(const std::vector<PoolInput>& pool, const std::vector<std::uint32_t>& times,
                                std::size_t first) {
  std::vector<PoolInput> result;
  for (const PoolInput& input : pool) result.insert(result.end(), times.at(input.source - first), input);
  return result;
}

TestSet TestSetBuilder::draw(const std::vector<PoolInput>& anomalous, std::size_t size,
                             std::size_t n_anomalous, Seed seed) const {
  ensure(n_anomalous <= size, "expected at most {} anomalous inputs in a test set, found {}", size,
         n_anomalous);
  // The seed keeps the name under which stored test sets were drawn.
  const std::vector<PoolInput> anomalies = pick(anomalous, n_anomalous, "anomalous", seed.child("noised"));
  std::set<std::size_t> sources;
  for (const PoolInput& input : anomalies) sources.insert(input.source);
  const std::vector<PoolInput> rest = pick(disjoint_sources_ ? without(clean_, sources) : clean_,
                                           size - n_anomalous, "clean", seed.child("clean"));
  TestSet set;
  append(rest, 0, set);
  append(anomalies, 1, set);
  for (const PoolInput& input : rest) set.shared_sources += sources.count(input.source);
  return set;
}

}  // namespace deepmine
