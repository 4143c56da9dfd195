#include "framework/model/training.h"

#include <torch/nn/functional/loss.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>
#include <torch/serialize.h>

#include <chrono>
#include <sstream>

#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/interrupt.h"
#include "framework/model/adadelta.h"
#include "framework/model/augmentation.h"

namespace deepmine {
namespace {

using ParameterGroups = std::vector<torch::optim::OptimizerParamGroup>;

/// Convolution kernels, which decay, and the rest, which does not.
ParameterGroups parameter_groups(Network& network) {
  std::vector<torch::Tensor> kernels, others;
  for (const torch::Tensor& p : network.parameters()) (p.dim() == 4 ? kernels : others).push_back(p);
  return {torch::optim::OptimizerParamGroup(kernels), torch::optim::OptimizerParamGroup(others)};
}

template <typename Options>
void set_decay(torch::optim::Optimizer& optimizer, double decay) {
  for (std::size_t i = 0; i < optimizer.param_groups().size(); ++i) {
    static_cast<Options&>(optimizer.param_groups()[i].options()).weight_decay(i == 0 ? decay : 0);
  }
}

std::unique_ptr<torch::optim::Optimizer> make_optimizer(Network& network, const Recipe& recipe) {
  std::unique_ptr<torch::optim::Optimizer> optimizer;
  if (recipe.optimizer == "adadelta") {
    ensure(recipe.weight_decay == 0, "weight-decay: expected 0 with optimizer=adadelta, found {}",
           recipe.weight_decay);
    optimizer = std::make_unique<Adadelta>(network.parameters(), recipe.rate, Adadelta::Constants{});
  } else if (recipe.optimizer == "adam") {
    optimizer = std::make_unique<torch::optim::Adam>(
        parameter_groups(network), torch::optim::AdamOptions(recipe.rate).eps(1e-7));  // Keras' eps
    set_decay<torch::optim::AdamOptions>(*optimizer, recipe.weight_decay);
  } else {
    optimizer = std::make_unique<torch::optim::SGD>(
        parameter_groups(network),
        torch::optim::SGDOptions(recipe.rate).momentum(0.9).nesterov(true));
    set_decay<torch::optim::SGDOptions>(*optimizer, recipe.weight_decay);
  }
  return optimizer;
}

/// The mean over all images of what `sum_of(output, begin, end)` says of images begin to end, eval mode.
template <typename SumOf>
double mean_of_batches(Network& network, const Dataset& data, SumOf sum_of) {
  constexpr std::int64_t kBatch = 250;
  torch::NoGradGuard no_gradient;
  network.eval();
  double sum = 0;
  for (std::int64_t begin = 0; begin < data.size(); begin += kBatch) {
    throw_if_interrupted();
    const std::int64_t end = std::min(data.size(), begin + kBatch);
    sum += sum_of(network.forward(data.pixels(begin, end), {}), begin, end);
  }
  return sum / static_cast<double>(data.size());
}

}  // namespace

class Training::State {
 public:
  State(std::shared_ptr<Network> network, const Dataset& data, Recipe recipe, Seed seed,
        std::filesystem::path file)
      : network_(std::move(network)),
        data_(data),
        recipe_(std::move(recipe)),
        seed_(seed.child("epoch")),
        file_(std::move(file)) {
    use_channels_last(*network_);
    optimizer_ = make_optimizer(*network_, recipe_);
  }

  TrainingPlace resume(const std::string& identity) {
    identity_ = identity;
    if (std::filesystem::exists(file_)) load();
    return {epochs_done_, begun_.steps};
  }

  std::int64_t epochs_left() const { return recipe_.epochs - epochs_done_; }

  EpochReport run_epoch(Progress& progress) {
    const auto started = Clock::now();
    network_->train();
    RandomStream random(seed_.child(static_cast<std::uint64_t>(epochs_done_)));
    const auto order = random.permutation(static_cast<std::size_t>(data_.size()));
    if (begun_.steps > 0) random.set_state(begun_.random);
    const auto batch = static_cast<std::size_t>(recipe_.batch);
    const std::size_t batches = (order.size() + batch - 1) / batch;
    progress.begin(fmt::format("epoch {}/{}", epochs_done_ + 1, recipe_.epochs), batches);
    progress.skip(static_cast<std::size_t>(begun_.steps));
    for (auto b = static_cast<std::size_t>(begun_.steps); b < batches; ++b) {
      if (interrupted()) stop_within_epoch(random, seconds_since(started));
      const std::size_t end = std::min(order.size(), (b + 1) * batch);
      const double done = static_cast<double>(b) / static_cast<double>(batches);
      set_rate(recipe_.rate_at((static_cast<double>(epochs_done_) + done) / static_cast<double>(recipe_.epochs)));
      step({order.begin() + static_cast<std::ptrdiff_t>(b * batch),
            order.begin() + static_cast<std::ptrdiff_t>(end)}, random);
      ++begun_.steps;
      progress.advance(1);
    }
    progress.end();
    EpochReport report = finish_epoch(static_cast<double>(order.size()));
    report.seconds += seconds_since(started);
    return report;
  }

  Network& network() { return *network_; }

 private:
  using Clock = std::chrono::steady_clock;

  /// An epoch that is not finished.
  struct Epoch {
    std::int64_t steps = 0;             ///< done
    std::vector<std::uint64_t> random;  ///< the stream's state after them, set where it is saved
    double loss = 0, hits = 0;          ///< sums over the images seen
    double rate = 0;                    ///< of the last step
    double seconds = 0;                 ///< that earlier processes spent on it
  };

  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  [[noreturn]] void stop_within_epoch(const RandomStream& random, double seconds) {
    begun_.random = random.state();
    begun_.seconds += seconds;
    save();
    throw Interrupted();
  }

  EpochReport finish_epoch(double images) {
    EpochReport report{epochs_done_ + 1, recipe_.epochs, begun_.loss / images};
    if (!network_->reconstructs()) report.accuracy = begun_.hits / images;
    report.rate = begun_.rate;
    report.seconds = begun_.seconds;
    ensure(std::isfinite(report.loss), "training diverged in epoch {}: the loss is not finite; "
           "lower the rate (now {})", report.epoch, recipe_.rate);
    ++epochs_done_;
    begun_ = {};
    save();
    return report;
  }

  void set_rate(double rate) {
    for (auto& group : optimizer_->param_groups()) group.options().set_lr(rate);
    begun_.rate = rate;
  }

  /// One step of the optimizer; adds the batch's loss and hits to the epoch's.
  void step(const std::vector<std::size_t>& rows, RandomStream& random) {
    namespace F = torch::nn::functional;
    const Augmentation augmentation(recipe_.flip, recipe_.shift);
    const torch::Tensor images = augmentation.batch(data_.images, rows, random);
    optimizer_->zero_grad();
    const torch::Tensor output = network_->forward(images, {});
    torch::Tensor loss;
    if (network_->reconstructs()) {
      loss = F::binary_cross_entropy(output, images);
    } else {
      const std::vector<std::int64_t> picked(rows.begin(), rows.end());
      const torch::Tensor labels = data_.labels.index_select(0, torch::tensor(picked));
      loss = F::cross_entropy(output, labels);
      begun_.hits += (output.argmax(1) == labels).sum().item<double>();
    }
    loss.backward();
    optimizer_->step();
    begun_.loss += loss.item<double>() * static_cast<double>(rows.size());
  }

  void save() const {
    torch::serialize::OutputArchive archive, weights, optimizer;
    network_->save(weights);
    optimizer_->save(optimizer);
    archive.write("identity", torch::IValue(identity_));
    archive.write("epochs_done", torch::IValue(epochs_done_));
    if (begun_.steps > 0) write_begun(archive);
    archive.write("network", weights);
    archive.write("optimizer", optimizer);
    std::ostringstream bytes;
    archive.save_to(bytes);
    write_file(file_, bytes.str());
  }

  void write_begun(torch::serialize::OutputArchive& archive) const {
    const std::vector<std::int64_t> words(begun_.random.begin(), begun_.random.end());
    archive.write("steps_done", torch::IValue(begun_.steps));
    archive.write("random", torch::IValue(words));
    archive.write("sums", torch::IValue(std::vector<double>{begun_.loss, begun_.hits, begun_.rate, begun_.seconds}));
  }

  /// A file written after a whole epoch has none.
  void read_begun(torch::serialize::InputArchive& archive) {
    begun_ = {};
    torch::IValue steps, random, sums;
    if (!archive.try_read("steps_done", steps)) return;
    archive.read("random", random);
    archive.read("sums", sums);
    const std::vector<std::int64_t> words = random.toIntVector();
    const std::vector<double> values = sums.toDoubleVector();
    if (steps.toInt() <= 0 || words.size() != 4 || values.size() != 4) refuse_damaged();
    begun_ = {steps.toInt(), {words.begin(), words.end()}, values.at(0), values.at(1), values.at(2), values.at(3)};
  }

  void load() {
    torch::serialize::InputArchive archive;
    try {
      archive.load_from(file_.string());
      read(archive);
    } catch (const c10::Error&) {
      refuse_damaged();
    }
  }

  [[noreturn]] void refuse_damaged() const {
    fail("{}: expected the state of a training, found a damaged file; delete it to start again", file_.string());
  }

  void read(torch::serialize::InputArchive& archive) {
    torch::IValue identity, epochs_done;
    archive.read("identity", identity);
    archive.read("epochs_done", epochs_done);
    ensure(identity.toStringRef() == identity_,
           "{}: expected the state of {}, found that of {}; delete it or name another --out",
           file_.string(), identity_, identity.toStringRef());
    torch::serialize::InputArchive weights, optimizer;
    archive.read("network", weights);
    archive.read("optimizer", optimizer);
    network_->load(weights);
    use_channels_last(*network_);
    optimizer_->load(optimizer);
    epochs_done_ = epochs_done.toInt();
    read_begun(archive);
  }

  std::shared_ptr<Network> network_;
  const Dataset& data_;
  Recipe recipe_;
  Seed seed_;
  std::filesystem::path file_;
  std::string identity_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  std::int64_t epochs_done_ = 0;
  Epoch begun_;
};

Training::Training(std::shared_ptr<Network> network, const Dataset& data, Recipe recipe, Seed seed,
                   std::filesystem::path state_file)
    : state_(std::make_unique<State>(std::move(network), data, std::move(recipe), seed,
                                     std::move(state_file))) {}

Training::~Training() = default;

TrainingPlace Training::resume(const std::string& identity) { return state_->resume(identity); }

void Training::run(const std::function<void(const EpochReport&)>& report, Progress& progress) {
  while (state_->epochs_left() > 0) report(state_->run_epoch(progress));
  state_->network().eval();
}

double accuracy(Network& network, const Dataset& data) {
  return mean_of_batches(network, data, [&](const torch::Tensor& output, std::int64_t begin, std::int64_t end) {
    return (output.argmax(1) == data.labels.slice(0, begin, end)).sum().item<double>();
  });
}

double reconstruction_loss(Network& network, const Dataset& data) {
  return mean_of_batches(network, data, [&](const torch::Tensor& output, std::int64_t begin, std::int64_t end) {
    const torch::Tensor loss = torch::nn::functional::binary_cross_entropy(output, data.pixels(begin, end));
    return loss.item<double>() * static_cast<double>(end - begin);
  });
}

}  // namespace deepmine
