// How fast attacks are, against a plain libtorch loop of the same attack on the same network: batches of 100,
// contiguous tensors, normalisations not folded, every image carried through every step. Both are timed in this
// process with two threads; `ratio` is how many times faster ours is. Before, the plain network's logits are compared
// with ours. Without CIFAR-10 in DEEPMINE_DATA the benchmarks say so and do nothing.
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "framework/attack/attack.h"
#include "framework/data/dataset.h"
#include "framework/model/model_file.h"
#include "framework/model/network.h"
#include "tests/support/plain_attacks.h"

namespace deepmine {
namespace {

constexpr std::int64_t kBatch = 100;

template <typename Work>
double seconds(Work work) {
  const auto started = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

/// ResNet20 from the weights of a network of ours, as a first draft would be written.
class PlainResNet {
 public:
  explicit PlainResNet(const Network& network) {
    for (const auto& item : network.named_parameters()) keep(item.key(), item.value());
    for (const auto& item : network.named_buffers()) keep(item.key(), item.value());
  }

  torch::Tensor operator()(const torch::Tensor& images) const {
    torch::Tensor x = torch::relu(normal(convolved(images - at("mean"), "stem", 1), "stem_bn"));
    for (int block = 0; block < 9; ++block) {
      const std::string name = "blocks." + std::to_string(block) + ".";
      const std::int64_t stride = block == 3 || block == 6 ? 2 : 1;
      torch::Tensor y = torch::relu(normal(convolved(x, name + "conv1", stride), name + "bn1"));
      y = normal(convolved(y, name + "conv2", 1), name + "bn2");
      x = torch::relu(y + (stride == 2 ? convolved(x, name + "shortcut", 2) : x));
    }
    return torch::linear(x.mean({2, 3}), at("dense.weight"), at("dense.bias"));
  }

 private:
  void keep(const std::string& name, const torch::Tensor& tensor) {
    tensors_[name] = tensor.detach().clone(at::MemoryFormat::Contiguous);
  }
  const torch::Tensor& at(const std::string& name) const { return tensors_.at(name); }
  torch::Tensor convolved(const torch::Tensor& x, const std::string& name, std::int64_t stride) const {
    const torch::Tensor& weight = at(name + ".weight");
    return torch::conv2d(x, weight, at(name + ".bias"), stride, weight.size(2) / 2);
  }
  torch::Tensor normal(const torch::Tensor& x, const std::string& name) const {
    return torch::batch_norm(x, at(name + ".weight"), at(name + ".bias"), at(name + ".running_mean"),
                             at(name + ".running_var"), false, 0.01, 1e-3, true);
  }

  std::map<std::string, torch::Tensor> tensors_;
};

/// The CIFAR-10 network of this repository, written plainly and as the program runs it, and the first test images.
struct Bench {
  LoadedNetwork loaded = load_network(DEEPMINE_SOURCE_DIR "/results/checkpoints/resnet20-cifar10-fast.npz");
  PlainResNet plain{*loaded.network};
  std::unique_ptr<Classifier> ours = classifier_of(loaded.network);
  torch::Tensor images, labels;

  explicit Bench(const Dataset& data) : images(data.pixels(0, kBatch)), labels(data.labels.slice(0, 0, kBatch)) {
    torch::NoGradGuard no_gradient;
    const double difference = (plain(images) - ours->logits(images)).abs().max().item<double>();
    if (difference < 1e-3) return;
    std::fprintf(stderr, "attack_bench: the plain network's logits differ by %g\n", difference);
    std::exit(1);
  }

  Goal goal() const { return Goal::towards_next(labels, 10); }
  plain::Aim aim() const { return {true, goal().classes}; }
  plain::Logits logits() const {
    return [this](const torch::Tensor& x) { return plain(x); };
  }
  AttackResult attack(const std::string& spec) const {
    NoProgress silent;
    return (*Registry<Attack>::instance().make(Spec::parse(spec)))(*ours, images, goal(), silent);
  }
};

/// None without the images.
const Bench* bench() {
  static const std::unique_ptr<Bench> instance = []() -> std::unique_ptr<Bench> {
    at::set_num_threads(2);
    at::globalContext().setFlushDenormal(true);
    try {
      return std::make_unique<Bench>(load_dataset("cifar10", Part::kTest, DataFolders()));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "attack_bench: %s\n", error.what());
      return nullptr;
    }
  }();
  return instance.get();
}

void compare(benchmark::State& state, const std::string& spec,
             const std::function<torch::Tensor(const Bench&)>& plain) {
  const Bench* bench = deepmine::bench();
  if (bench == nullptr) return state.SkipWithError("no CIFAR-10");
  bench->attack("fgsm");  // warms up, as the next line does
  plain::fgsm(bench->logits(), bench->images, bench->aim(), 0.1);
  torch::Tensor expected;
  const double slow = seconds([&] { expected = plain(*bench); });
  const AttackResult judged = judge(*bench->ours, bench->images, expected, bench->goal());
  double fast = 0;
  AttackResult result;
  for (auto _ : state) fast += seconds([&] { result = bench->attack(spec); });
  fast /= static_cast<double>(state.iterations());
  if (result.success_rate() < judged.success_rate() - 0.02) {
    std::fprintf(stderr, "attack_bench: %s succeeds on %g, the plain loop on %g\n", spec.c_str(), result.success_rate(),
                 judged.success_rate());
    std::exit(1);
  }
  state.counters["ratio"] = slow / fast;
  state.counters["images/s"] = static_cast<double>(kBatch) / fast;
  state.counters["plain/s"] = static_cast<double>(kBatch) / slow;
  state.counters["success"] = result.success_rate();
  state.counters["plain success"] = judged.success_rate();
  state.counters["L2"] = result.l2.mean().item<double>();
  state.counters["plain L2"] = judged.l2.mean().item<double>();
  state.counters["gradients"] = result.gradients.to(torch::kFloat64).mean().item<double>();
}

void bim(benchmark::State& state) {
  const auto steps = static_cast<int>(state.range(0));
  compare(state, fmt::format("bim:epsilon=0.02,step=0.002,steps={}", steps), [&](const Bench& b) {
    return plain::bim(b.logits(), b.images, b.aim(), 0.02, 0.002, steps, b.images);
  });
}
BENCHMARK(bim)->ArgName("steps")->Arg(10)->Arg(50)->Unit(benchmark::kMillisecond)->UseRealTime();

void bim_a(benchmark::State& state) {
  compare(state, "bim-a:epsilon=0.02,step=0.002,steps=50", [&](const Bench& b) {
    return plain::bim(b.logits(), b.images, b.aim(), 0.02, 0.002, 50, b.images);
  });
}
BENCHMARK(bim_a)->Unit(benchmark::kMillisecond)->UseRealTime();

/// Also the whole setting of Carlini's code when DEEPMINE_BENCH_LONG is set: twenty minutes.
void cw(benchmark::State& state) {
  const auto searches = static_cast<int>(state.range(0)), steps = static_cast<int>(state.range(1));
  if (searches == 9 && std::getenv("DEEPMINE_BENCH_LONG") == nullptr) {
    return state.SkipWithError("set DEEPMINE_BENCH_LONG=1 for this one, it takes twenty minutes");
  }
  compare(state, fmt::format("cw:searches={},steps={}", searches, steps), [&](const Bench& b) {
    return plain::cw(b.logits(), b.images, b.aim(), {searches, steps, 0.01, 0.001, 0, false});
  });
}
BENCHMARK(cw)
    ->ArgNames({"searches", "steps"})
    ->Args({3, 100})
    ->Args({9, 1000})
    ->Iterations(1)
    ->Unit(benchmark::kSecond)
    ->UseRealTime();

}  // namespace
}  // namespace deepmine

BENCHMARK_MAIN();
