#include "framework/model/training_state.h"

#include <c10/util/string_utils.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "framework/core/error.h"
#include "framework/core/flat_json.h"
#include "framework/core/npz.h"
#include "framework/core/seed.h"
#include "framework/core/spec.h"
#include "framework/model/adadelta.h"
#include "framework/model/named_tensors.h"
#include "framework/model/network.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

constexpr const char* kFacts = "training";

using Parameters = std::vector<torch::Tensor>;

Parameters parameters_of(torch::optim::Optimizer& optimizer) {
  Parameters result;
  for (auto& group : optimizer.param_groups()) {
    result.insert(result.end(), group.params().begin(), group.params().end());
  }
  return result;
}

/// What an optimizer of libtorch's remembers of a parameter; made where it has not seen it yet.
template <typename State>
State& state_of(torch::optim::Optimizer& optimizer, const torch::Tensor& parameter) {
  auto& state = optimizer.state()[c10::guts::to_string(parameter.unsafeGetTensorImpl())];
  if (!state) state = std::make_unique<State>();
  return static_cast<State&>(*state);
}

/// Zeros, which is what every running mean starts from.
torch::Tensor defined(const torch::Tensor& memory, const torch::Tensor& parameter) {
  return memory.defined() ? memory : torch::zeros_like(parameter);
}

/// What the optimizer remembers, as tensors that share its memory.
NamedTensors memory_of(torch::optim::Optimizer& optimizer) {
  NamedTensors result;
  const Parameters parameters = parameters_of(optimizer);
  const auto add = [&](const char* what, std::size_t i, const torch::Tensor& memory) {
    result.emplace(fmt::format("optimizer.{}.{}", what, i), memory);
  };
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (const auto* adadelta = dynamic_cast<const Adadelta*>(&optimizer)) {
      add("squared_gradients", i, adadelta->squared_gradients()[i]);
      add("squared_steps", i, adadelta->squared_steps()[i]);
    } else if (dynamic_cast<torch::optim::Adam*>(&optimizer) != nullptr) {
      auto& state = state_of<torch::optim::AdamParamState>(optimizer, parameters[i]);
      add("mean", i, state.exp_avg() = defined(state.exp_avg(), parameters[i]));
      add("mean_square", i, state.exp_avg_sq() = defined(state.exp_avg_sq(), parameters[i]));
    } else {
      auto& state = state_of<torch::optim::SGDParamState>(optimizer, parameters[i]);
      add("momentum", i, state.momentum_buffer() = defined(state.momentum_buffer(), parameters[i]));
    }
  }
  return result;
}

/// Adam's count of steps, which its corrections of the means depend on: one of all parameters.
std::int64_t steps_of(torch::optim::Optimizer& optimizer) {
  if (dynamic_cast<torch::optim::Adam*>(&optimizer) == nullptr) return 0;
  return state_of<torch::optim::AdamParamState>(optimizer, parameters_of(optimizer).at(0)).step();
}

void set_steps(torch::optim::Optimizer& optimizer, std::int64_t steps) {
  if (dynamic_cast<torch::optim::Adam*>(&optimizer) == nullptr) return;
  for (const torch::Tensor& parameter : parameters_of(optimizer)) {
    state_of<torch::optim::AdamParamState>(optimizer, parameter).step(steps);
  }
}

/// Every tensor of a training. Unlike a model's weights, these have the counts of batches seen.
NamedTensors tensors_of(const Network& network, torch::optim::Optimizer& optimizer) {
  NamedTensors result = memory_of(optimizer);
  for (const auto& item : network.named_parameters()) result.emplace("network." + item.key(), item.value());
  for (const auto& item : network.named_buffers()) result.emplace("network." + item.key(), item.value());
  return result;
}

std::int64_t count_in(const std::map<std::string, std::string>& facts, const std::string& key, std::int64_t most,
                      const std::string& name) {
  const auto found = facts.find(key);
  ensure(found != facts.end(), "{}: expected a count of {}, found none", name, key);
  const std::int64_t count = parse_integer(found->second, name + ": " + key);
  ensure(count >= 0 && count <= most, "{}: {}: expected 0 to {}, found {}", name, key, most, count);
  return count;
}

/// Numbers as the shortest text that reads back to the same ones.
void add_begun(const BegunEpoch& begun, nlohmann::json& facts) {
  if (begun.steps == 0) return;
  facts["epoch_steps"] = begun.steps;
  facts["epoch_random"] = fmt::format("{}", fmt::join(begun.random, " "));
  facts["epoch_loss"] = fmt::format("{}", begun.loss);
  facts["epoch_hits"] = fmt::format("{}", begun.hits);
  facts["epoch_rate"] = fmt::format("{}", begun.rate);
  facts["epoch_seconds"] = fmt::format("{}", begun.seconds);
}

/// The words of a stream's state, which are never all 0: such a stream would draw nothing else.
std::vector<std::uint64_t> words_in(const std::string& text, const std::string& name) {
  std::istringstream stream(text);
  std::vector<std::uint64_t> words;
  for (std::uint64_t word = 0; stream >> word;) words.push_back(word);
  const std::size_t expected = RandomStream(Seed(0)).state().size();
  const bool some = std::any_of(words.begin(), words.end(), [](std::uint64_t word) { return word != 0; });
  ensure(words.size() == expected && stream.eof() && some,
         "{}: epoch_random: expected {} whole numbers, not all 0, found {:?}", name, expected, text.substr(0, 40));
  return words;
}

/// `batches` are those of an epoch, which a begun one has not all seen.
BegunEpoch begun_in(const std::map<std::string, std::string>& facts, std::int64_t batches, const std::string& name) {
  if (facts.count("epoch_steps") == 0) return {};
  const auto text = [&](const char* key) {
    const auto found = facts.find(key);
    ensure(found != facts.end(), "{}: expected {}, found none", name, key);
    return found->second;
  };
  const auto real = [&](const char* key) { return parse_real(text(key), name + ": " + key); };
  const std::int64_t steps = parse_integer(text("epoch_steps"), name + ": epoch_steps");
  ensure(steps > 0 && steps < batches,
         "{}: epoch_steps: expected more than 0 and less than {}, the steps of an epoch, found {}", name, batches,
         steps);
  return {steps, words_in(text("epoch_random"), name), real("epoch_loss"), real("epoch_hits"), real("epoch_rate"),
          real("epoch_seconds")};
}

}  // namespace

void save_training(const fs::path& path, const std::string& identity, const TrainingMoment& moment,
                   const Network& network, torch::optim::Optimizer& optimizer) {
  nlohmann::json facts{{"identity", identity}, {"epochs", moment.epochs}, {"steps", steps_of(optimizer)}};
  add_begun(moment.begun, facts);
  write_npz(path, {arrays_of(tensors_of(network, optimizer)), {{kFacts, facts.dump(1) + "\n"}}});
}

TrainingMoment load_training(const fs::path& path, const std::string& identity, const TrainingLength& length,
                             Network& network, torch::optim::Optimizer& optimizer) {
  NpzReader archive(path, path.string() + " (state of a training; delete it to start again)");
  const std::string& name = archive.name();
  ensure(archive.texts().count(kFacts) > 0, "{}: expected the state of a training, found an archive without {}.json",
         name, kFacts);
  const auto facts = parse_flat_json(archive.text(kFacts), name);
  const auto owner = facts.find("identity");
  const std::string found = owner == facts.end() ? "none" : owner->second;
  ensure(found == identity, "{}: expected the state of {}, found that of {}; delete it or name another --out",
         path.string(), identity, found);
  const TrainingMoment moment{count_in(facts, "epochs", length.epochs, name), begun_in(facts, length.steps, name)};
  ensure(moment.begun.steps == 0 || moment.epochs < length.epochs,
         "{}: epoch_steps: expected none after the last epoch, found {}", name, moment.begun.steps);
  const std::int64_t steps = count_in(facts, "steps", std::numeric_limits<std::int64_t>::max() / 2, name);
  assign(archive, kFacts, tensors_of(network, optimizer));
  set_steps(optimizer, steps);
  return moment;
}

}  // namespace deepmine
