#include "framework/attack/kept_batches.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>
#include <vector>

#include "framework/core/file.h"
#include "framework/core/folder.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kDigest = 64;  ///< characters of a SHA-256
constexpr const char* kEnding = ".batch";

std::string_view bytes_of(const torch::Tensor& tensor) {
  return {static_cast<const char*>(tensor.data_ptr()), tensor.nbytes()};
}

/// Takes a tensor from the front of `bytes`.
torch::Tensor take(std::string_view& bytes, at::IntArrayRef sizes, torch::ScalarType type) {
  torch::Tensor tensor = torch::empty(sizes, type);
  std::memcpy(tensor.data_ptr(), bytes.data(), tensor.nbytes());
  bytes.remove_prefix(tensor.nbytes());
  return tensor;
}

}  // namespace

KeptBatches::KeptBatches(fs::path folder, const std::string& order)
    : folder_(std::move(folder)), order_(sha256(order)) {}

fs::path KeptBatches::file(std::int64_t number) const {
  return folder_ / fmt::format("{:06}{}", number, kEnding);
}

std::optional<KeptBatches::Finished> KeptBatches::read(std::int64_t number, at::IntArrayRef sizes) const {
  if (!fs::exists(file(number))) return std::nullopt;
  const std::string content = read_file(file(number));
  if (content.size() < 2 * kDigest || content.compare(0, kDigest, order_) != 0) return std::nullopt;
  std::string_view body = std::string_view(content).substr(kDigest, content.size() - 2 * kDigest);
  if (content.compare(content.size() - kDigest, kDigest, sha256(body)) != 0) return std::nullopt;

  const auto values = static_cast<std::size_t>(c10::multiply_integers(sizes));
  const std::size_t images = values * sizeof(float),
                    counts = 2 * static_cast<std::size_t>(sizes[0]) * sizeof(std::int64_t);
  const bool has_first = body.size() == 2 * images + counts;
  if (!has_first && body.size() != images + counts) return std::nullopt;
  Finished batch;
  batch.images = take(body, sizes, torch::kFloat32);
  if (has_first) batch.first = take(body, sizes, torch::kFloat32);
  batch.gradients = take(body, {sizes[0]}, torch::kInt64);
  batch.queries = take(body, {sizes[0]}, torch::kInt64);
  return batch;
}

void KeptBatches::write(std::int64_t number, const Finished& batch) const {
  std::string body;
  for (const torch::Tensor& part : {batch.images, batch.first, batch.gradients, batch.queries}) {
    if (part.defined()) body += bytes_of(part.contiguous());
  }
  make_folder(folder_);
  write_file(file(number), order_, body + sha256(body));
}

void KeptBatches::discard() const {
  std::error_code none;
  std::vector<fs::path> batches;
  for (const auto& entry : fs::directory_iterator(folder_, none)) {
    // A kill while one is written leaves 000012.batch.*.part.
    if (entry.path().filename().string().find(kEnding) != std::string::npos) batches.push_back(entry.path());
  }
  for (const fs::path& batch : batches) fs::remove(batch, none);
  fs::remove(folder_, none);  // stays when something else lies in it
}

}  // namespace deepmine
