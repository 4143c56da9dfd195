#include "framework/model/named_tensors.h"

#include <fmt/ranges.h>

#include "framework/core/error.h"
#include "framework/core/npy.h"
#include "framework/model/network.h"

namespace deepmine {
namespace {

/// How many batches a batch normalisation has seen: of no use with a fixed momentum.
constexpr const char* kBatchCount = "num_batches_tracked";
bool is_batch_count(const std::string& name) { return name.find(kBatchCount) != std::string::npos; }

template <typename T>
Array array_of(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().to(c10::CppTypeToScalarType<T>::value).contiguous();
  const T* begin = values.data_ptr<T>();
  return {{values.sizes().begin(), values.sizes().end()}, std::vector<T>(begin, begin + values.numel())};
}

template <typename T>
void copy_values(const Array& array, const std::string& where, const torch::Tensor& into) {
  std::vector<T> values = values_as<T>(array, where);
  into.copy_(torch::from_blob(values.data(), into.sizes(), c10::CppTypeToScalarType<T>::value));
}

void copy_into(const torch::Tensor& tensor, const Array& array, const std::string& where) {
  const std::vector<std::int64_t> found(array.shape.begin(), array.shape.end());
  ensure(tensor.sizes() == at::IntArrayRef(found),
         "{}: expected shape [{}], found [{}]; is it the weights of another network, or of other options?", where,
         fmt::join(tensor.sizes(), ", "), fmt::join(found, ", "));
  tensor.scalar_type() == torch::kInt64 ? copy_values<std::int64_t>(array, where, tensor)
                                        : copy_values<float>(array, where, tensor);
  ensure(torch::isfinite(tensor).all().item<bool>(), "{}: expected finite weights, found NaN or infinity", where);
}

void check_names(const NpzReader& archive, std::string_view text, const NamedTensors& tensors) {
  for (const auto& [name, _] : tensors) {
    ensure(archive.arrays().count(name) > 0,
           "{}: expected an array \"{}\", found none; is it the weights of another network, or of other options?",
           archive.name(), name);
  }
  for (const auto& [name, _] : archive.arrays()) {
    ensure(tensors.count(name) > 0 || is_batch_count(name),
           "{}: array \"{}\" belongs to no layer of the network; is it the weights of another network, or of other "
           "options?", archive.name(), name);
  }
  for (const auto& [name, _] : archive.texts()) {
    ensure(name == text, "{}: expected no text but {}.json, found {}.json; is it the right file?", archive.name(),
           text, name);
  }
}

}  // namespace

NamedTensors weights_of(const Network& network) {
  NamedTensors result;
  for (const auto& item : network.named_parameters()) result.emplace(item.key(), item.value());
  for (const auto& item : network.named_buffers()) {
    if (!is_batch_count(item.key())) result.emplace(item.key(), item.value());
  }
  return result;
}

std::map<std::string, Array> arrays_of(const NamedTensors& tensors) {
  std::map<std::string, Array> result;
  for (const auto& [name, tensor] : tensors) {
    const bool whole = tensor.scalar_type() == torch::kInt64;
    result.emplace(name, whole ? array_of<std::int64_t>(tensor) : array_of<float>(tensor));
  }
  return result;
}

void assign(NpzReader& archive, std::string_view text, const NamedTensors& tensors) {
  torch::NoGradGuard no_gradient;
  check_names(archive, text, tensors);
  for (const auto& [name, tensor] : tensors) {
    const std::size_t most = static_cast<std::size_t>(tensor.numel()) * sizeof(double) + kMaxNpyHeader;
    copy_into(tensor, archive.array(name, most), fmt::format("{}: array \"{}\"", archive.name(), name));
  }
}

}  // namespace deepmine
