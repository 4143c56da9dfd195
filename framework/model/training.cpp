#include "framework/model/training.h"

#include <torch/nn/functional/loss.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

#include <fmt/ranges.h>

#include <chrono>
#include <stdexcept>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/model/adadelta.h"
#include "framework/model/augmentation.h"
#include "framework/model/network.h"
#include "framework/model/training_state.h"

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
        std::filesystem::path file, const Dataset* outliers)
      : network_(std::move(network)),
        data_(data),
        outliers_(outliers),
        recipe_(std::move(recipe)),
        seed_(seed.child("epoch")),
        file_(std::move(file)) {
    check_outliers();
    use_channels_last(*network_);
    optimizer_ = make_optimizer(*network_, recipe_);
  }

  TrainingPlace resume(const std::string& identity) {
    identity_ = identity;
    if (std::filesystem::exists(file_)) {
      const TrainingLength length{recipe_.epochs, static_cast<std::int64_t>(batches())};
      const TrainingMoment moment = load_training(file_, identity_, length, *network_, *optimizer_);
      epochs_done_ = moment.epochs;
      begun_ = moment.begun;
    }
    return {epochs_done_, begun_.steps};
  }

  std::int64_t epochs_left() const { return recipe_.epochs - epochs_done_; }

  EpochReport run_epoch(Progress& progress) {
    const auto started = Clock::now();
    network_->train();
    const Seed epoch = seed_.child(static_cast<std::uint64_t>(epochs_done_));
    RandomStream random(epoch);
    const auto order = random.permutation(static_cast<std::size_t>(data_.size()));
    draw_outliers(epoch.child("outliers"));
    if (begun_.steps > 0) random.set_state(begun_.random);
    const auto batch = static_cast<std::size_t>(recipe_.batch);
    progress.begin(fmt::format("epoch {}/{}", epochs_done_ + 1, recipe_.epochs), batches());
    progress.skip(static_cast<std::size_t>(begun_.steps));
    for (auto b = static_cast<std::size_t>(begun_.steps); b < batches(); ++b) {
      if (interrupted()) stop_within_epoch(random, seconds_since(started));
      const std::size_t end = std::min(order.size(), (b + 1) * batch);
      const double done = static_cast<double>(b) / static_cast<double>(batches());
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

  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  /// Of an epoch.
  std::size_t batches() const {
    const auto images = static_cast<std::size_t>(data_.size()), batch = static_cast<std::size_t>(recipe_.batch);
    return (images + batch - 1) / batch;
  }

  void check_outliers() const {
    if ((outliers_ != nullptr) != recipe_.exposes())
      throw std::logic_error("outliers without a recipe of them, or none with one");
    if (outliers_ == nullptr) return;
    ensure(!network_->reconstructs(), "expected a classifier to train with outliers, found an autoencoder");
    const auto images = data_.images.sizes().slice(1), found = outliers_->images.sizes().slice(1);
    ensure(found == images, "{}: expected outliers of the shape of the images, {}, found {}", outliers_->name,
           fmt::join(images, " x "), fmt::join(found, " x "));
  }

  void draw_outliers(Seed seed) {
    if (outliers_ == nullptr) return;
    outlier_order_ = RandomStream(seed).permutation(static_cast<std::size_t>(outliers_->size()));
  }

  /// Those of the step that is next, from the start again after the last one.
  std::vector<std::size_t> outlier_rows() const {
    const auto count = static_cast<std::size_t>(recipe_.outlier_batch);
    std::vector<std::size_t> rows;
    for (std::size_t i = static_cast<std::size_t>(begun_.steps) * count; rows.size() < count; ++i) {
      rows.push_back(outlier_order_[i % outlier_order_.size()]);
    }
    return rows;
  }

  [[noreturn]] void stop_within_epoch(const RandomStream& random, double seconds) {
    ensure_finite(begun_.loss, epochs_done_ + 1);
    begun_.random = random.state();
    begun_.seconds += seconds;
    save();
    throw Interrupted();
  }

  void ensure_finite(double loss, std::int64_t epoch) const {
    ensure(std::isfinite(loss), "training diverged in epoch {}: the loss is not finite; lower the rate (now {})", epoch,
           recipe_.rate);
  }

  EpochReport finish_epoch(double images) {
    EpochReport report{epochs_done_ + 1, recipe_.epochs, begun_.loss / images};
    if (!network_->reconstructs()) report.accuracy = begun_.hits / images;
    report.rate = begun_.rate;
    report.seconds = begun_.seconds;
    ensure_finite(report.loss, report.epoch);
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
    const Augmentation augmentation(recipe_.flip, recipe_.shift);
    const torch::Tensor images = augmentation.batch(data_.images, rows, random);
    optimizer_->zero_grad();
    torch::Tensor loss;
    if (network_->reconstructs()) {
      loss = torch::nn::functional::binary_cross_entropy(network_->forward(images, {}), images);
    } else if (outliers_ != nullptr) {
      const torch::Tensor others = augmentation.batch(outliers_->images, outlier_rows(), random);
      const torch::Tensor logits = network_->forward(torch::cat({images, others}), {});
      loss = class_loss(logits.slice(0, 0, images.size(0)), rows) +
             recipe_.outlier_weight * unsureness_loss(logits.slice(0, images.size(0)));
    } else {
      loss = class_loss(network_->forward(images, {}), rows);
    }
    loss.backward();
    optimizer_->step();
    begun_.loss += loss.item<double>() * static_cast<double>(rows.size());
  }

  /// Counts hits, too.
  torch::Tensor class_loss(const torch::Tensor& logits, const std::vector<std::size_t>& rows) {
    const std::vector<std::int64_t> picked(rows.begin(), rows.end());
    const torch::Tensor labels = data_.labels.index_select(0, torch::tensor(picked));
    begun_.hits += (logits.argmax(1) == labels).sum().item<double>();
    return torch::nn::functional::cross_entropy(logits, labels);
  }

  void save() const { save_training(file_, identity_, {epochs_done_, begun_}, *network_, *optimizer_); }

  std::shared_ptr<Network> network_;
  const Dataset& data_;
  const Dataset* outliers_;
  std::vector<std::size_t> outlier_order_;  ///< of the epoch
  Recipe recipe_;
  Seed seed_;
  std::filesystem::path file_;
  std::string identity_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  std::int64_t epochs_done_ = 0;
  BegunEpoch begun_;
};

Training::Training(std::shared_ptr<Network> network, const Dataset& data, Recipe recipe, Seed seed,
                   std::filesystem::path state_file, const Dataset* outliers)
    : state_(std::make_unique<State>(std::move(network), data, std::move(recipe), seed,
                                     std::move(state_file), outliers)) {}

Training::~Training() = default;

TrainingPlace Training::resume(const std::string& identity) { return state_->resume(identity); }

void Training::run(const std::function<void(const EpochReport&)>& report, Progress& progress) {
  while (state_->epochs_left() > 0) report(state_->run_epoch(progress));
  state_->network().eval();
}

torch::Tensor unsureness_loss(const torch::Tensor& logits) { return (logits.logsumexp(1) - logits.mean(1)).mean(); }

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
