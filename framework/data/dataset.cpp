#include "framework/data/dataset.h"

#include <cstdlib>

#include "framework/core/error.h"
#include "framework/core/file.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

fs::path cache_folder() {
  if (const char* cache = environment("XDG_CACHE_HOME")) return fs::path(cache) / "deepmine/data";
  if (const char* home = environment("HOME")) return fs::path(home) / ".cache/deepmine/data";
  return {};
}

}  // namespace

std::string_view name_of(Part part) { return part == Part::kTrain ? "train" : "test"; }

torch::Tensor Dataset::pixels(std::int64_t begin, std::int64_t end) const {
  return images.slice(0, begin, end).to(torch::kFloat32).div_(255);
}

DataFolders::DataFolders(fs::path named) {
  if (named.empty()) {
    if (const char* folder = environment("DEEPMINE_DATA")) named = folder;
  }
  if (!named.empty()) {
    ensure(fs::is_directory(named),
           "data folder: expected an existing folder, found none at {}; change --data or DEEPMINE_DATA",
           named.string());
    folders_.push_back(named);
  }
  if (const fs::path cache = cache_folder(); !cache.empty()) folders_.push_back(cache);
  folders_.emplace_back("/usr/share/datasets");
}

fs::path DataFolders::find(std::string_view dataset,
                           const std::vector<fs::path>& candidates) const {
  std::string tried;
  for (const fs::path& folder : folders_) {
    for (const fs::path& candidate : candidates) {
      std::error_code ignored;
      if (fs::exists(folder / candidate, ignored)) return folder / candidate;
    }
    tried += (tried.empty() ? "" : ", ") + folder.string();
  }
  fail("{}: no data found: expected {} in one of {}; name the folder with --data or DEEPMINE_DATA, "
       "or fetch it with datasets/fetch.sh",
       dataset, candidates.front().string(), tried);
}

std::string content_sha256(const Dataset& dataset) {
  const torch::Tensor labels = dataset.labels.to(torch::kUInt8).contiguous();
  const torch::Tensor images = dataset.images.contiguous();
  const auto bytes = [](const torch::Tensor& t) {
    return std::string_view(static_cast<const char*>(t.data_ptr()), t.nbytes());
  };
  return sha256(sha256(bytes(images)) + sha256(bytes(labels)));
}

void check_labels(const Dataset& dataset, const fs::path& file) {
  const auto classes = static_cast<std::int64_t>(dataset.class_names.size());
  const torch::Tensor wrong = (dataset.labels >= classes).nonzero();
  if (wrong.size(0) == 0) return;
  const auto row = wrong[0][0].item<std::int64_t>();
  fail("{}: expected labels 0 to {}, found {} at record {}; fetch the file again", file.string(),
       classes - 1, dataset.labels[row].item<std::int64_t>(), row);
}

Dataset load_dataset(std::string_view name, Part part, const DataFolders& folders) {
  return Registry<DatasetLoader>::instance().make(Spec{std::string(name), {}})->load(part, folders);
}

}  // namespace deepmine
