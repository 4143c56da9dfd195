#include "framework/scan/start.h"

#include <cassert>
#include <numeric>

#include "framework/core/error.h"
#include "framework/scan/named_choice.h"

namespace deepmine {
namespace {

constexpr NamedChoice<StartScheme> kNames[] = {
    {StartScheme::kPaper, "paper"},
    {StartScheme::kAuthors, "authors"},
    {StartScheme::kAllNodes, "all-nodes"},
    {StartScheme::kAllInputs, "all-inputs"},
};

std::vector<std::uint32_t> first_numbers(std::size_t count) {
  std::vector<std::uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0U);
  return numbers;
}

}  // namespace

Start Start::all_inputs(std::size_t inputs) { return {Axis::kInputs, first_numbers(inputs)}; }

Start Start::all_nodes(std::size_t nodes) { return {Axis::kNodes, first_numbers(nodes)}; }

Start Start::random_nodes(std::size_t nodes, Seed seed) {
  assert(nodes > 0);
  if (nodes == 1) return all_nodes(nodes);
  RandomStream random(seed);
  std::size_t count = 0;
  while (count == 0) {
    count = static_cast<std::size_t>(random.uniform() * static_cast<double>(nodes));
  }
  std::vector<char> drawn(nodes);
  for (std::size_t node : random.sample(count, nodes)) drawn[node] = 1;
  Start start;
  for (std::uint32_t node = 0; node < nodes; ++node) {
    if (drawn[node] != 0) start.selected.push_back(node);
  }
  return start;
}

const std::vector<StartScheme>& start_schemes() {
  static const std::vector<StartScheme> all = choices_of(kNames);
  return all;
}

std::string_view start_scheme_name(StartScheme scheme) { return name_of(kNames, scheme); }

StartScheme parse_start_scheme(std::string_view name) {
  return parse_choice(kNames, name, "start scheme");
}

std::vector<Start> make_starts(StartScheme scheme, std::size_t restarts, std::size_t inputs,
                               std::size_t nodes, Seed seed) {
  ensure(restarts >= 1, "restarts: expected at least 1, found 0");
  if (scheme == StartScheme::kAllInputs) return {Start::all_inputs(inputs)};
  if (scheme == StartScheme::kAllNodes) return {Start::all_nodes(nodes)};
  std::vector<Start> starts;
  for (std::size_t i = 0; i < restarts; ++i) {
    const std::size_t fixed = scheme == StartScheme::kAuthors ? i : 2;
    if (fixed == 0) starts.push_back(Start::all_inputs(inputs));
    if (fixed == 1) starts.push_back(Start::all_nodes(nodes));
    if (fixed >= 2) starts.push_back(Start::random_nodes(nodes, seed.child("start").child(i)));
  }
  return starts;
}

}  // namespace deepmine
