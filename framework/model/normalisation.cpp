#include "framework/model/normalisation.h"

#include <fmt/ranges.h>
#include <torch/types.h>

#include <algorithm>
#include <vector>

#include "framework/core/error.h"
#include "framework/model/model.h"
#include "framework/model/network.h"

namespace deepmine {
namespace {

/// The numbers of "0.5" or "[0.4,123/255]"; `option` is for messages.
std::vector<double> parse_numbers(const std::string& text, const char* option) {
  const bool list = text.size() > 1 && text.front() == '[' && text.back() == ']';
  std::string_view rest(text);
  if (list) rest = rest.substr(1, text.size() - 2);
  std::vector<double> numbers;
  while (true) {
    const std::size_t comma = list ? rest.find(',') : std::string_view::npos;
    numbers.push_back(parse_real(rest.substr(0, comma), option));
    if (comma == std::string_view::npos) return numbers;
    rest.remove_prefix(comma + 1);
  }
}

std::string text_of(const std::vector<double>& numbers) {
  return numbers.size() == 1 ? fmt::format("{}", numbers[0]) : fmt::format("[{}]", fmt::join(numbers, ","));
}

torch::Tensor as_channels(const std::vector<double>& numbers) {
  return torch::tensor(numbers, torch::kFloat64).to(torch::kFloat32).view({-1, 1, 1});
}

/// One number for each channel, or for all, as [n,1,1]; undefined where all are `neutral` and nothing is to be done.
torch::Tensor per_channel(const std::string& text, const char* option, std::int64_t channels, double neutral) {
  const std::vector<double> numbers = parse_numbers(text, option);
  const auto count = static_cast<std::int64_t>(numbers.size());
  ensure(count == 1 || count == channels, "{}: expected one number, or one for each of {} channels, found {}; set {}",
         option, channels, text, option);
  if (std::all_of(numbers.begin(), numbers.end(), [&](double number) { return number == neutral; })) return {};
  return as_channels(numbers);
}

}  // namespace

void NormalisationOptions::describe(Fields& fields, const std::string& source) {
  fields.add({"mean", &mean, "pixel units of [0,1]",
              "subtracted from the images: fitted (the mean of each pixel over the training images), one number, or "
              "one for each "
              "channel, [0.5,0.4,0.4]",
              source});
  fields.add({"std", &std, "pixel units of [0,1]", "divides them then: one number, or one for each channel", source});
}

void NormalisationOptions::settle() {
  if (mean != kFitted) mean = text_of(parse_numbers(mean, "mean"));
  const std::vector<double> numbers = parse_numbers(std, "std");
  ensure(*std::min_element(numbers.begin(), numbers.end()) > 0, "std: expected numbers above 0, found {}", std);
  std = text_of(numbers);
}

Normalisation::Normalisation(torch::nn::Module& owner, const NormalisationOptions& options, std::int64_t channels,
                             std::int64_t size)
    : fitted_(options.mean == NormalisationOptions::kFitted), std_(per_channel(options.std, "std", channels, 1)) {
  mean_ = fitted_ ? owner.register_buffer("mean", torch::zeros({channels, size, size}))
                  : per_channel(options.mean, "mean", channels, 0);
}

torch::Tensor Normalisation::operator()(const torch::Tensor& images) const {
  torch::Tensor x = images;
  if (mean_.defined()) x = x - mean_;
  return std_.defined() ? x / std_ : x;
}

void Normalisation::fit(const torch::Tensor& images) {
  if (!fitted_) return;
  constexpr std::int64_t kAtOnce = 1000;  // a sum copies its images as int64: all of CIFAR-10's would take 1.2 GB
  torch::Tensor sum = torch::zeros(images.sizes().slice(1), torch::kInt64);
  for (const torch::Tensor& part : images.split(kAtOnce)) sum += part.sum(0, false, torch::kInt64);
  mean_.copy_(sum.to(torch::kFloat64).div_(255.0 * static_cast<double>(images.size(0))));
}

torch::Tensor input_std(const Model& model) {
  const auto network = model.facts().find("network");
  std::map<std::string, std::string> options;
  if (network != model.facts().end()) {
    options = Spec::parse(Registry<Network>::instance().canonical(Spec::parse(network->second))).values;
  }
  const auto std = options.find("std");
  ensure(std != options.end(),
         "{}: expected a network with option std, which says how its input is normalised, found one that "
         "does not say it; take steps in units of pixels",
         model.name());
  return as_channels(parse_numbers(std->second, "std")) / (model.range().high - model.range().low);
}

}  // namespace deepmine
