#include "framework/data/dataset.h"

#include <fmt/ranges.h>

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
  const torch::Tensor images = dataset.images.contiguous();
  const auto bytes = [](const torch::Tensor& t) {
    return std::string_view(static_cast<const char*>(t.data_ptr()), t.nbytes());
  };
  if (!dataset.labelled()) {
    return sha256(sha256(bytes(images)) + sha256(fmt::format("unlabelled {}", fmt::join(images.sizes(), " x "))));
  }
  const bool fits = dataset.class_names.size() <= 256;
  const torch::Tensor labels = dataset.labels.to(fits ? torch::kUInt8 : torch::kInt64).contiguous();
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

void check_part(std::string_view dataset, Part asked, Part only) {
  ensure(asked == only, "{}: expected the {} part to be asked for, the only one it has, found {}; name another dataset",
         dataset, name_of(only), name_of(asked));
}

void require_labels(const Dataset& dataset, std::string_view user) {
  ensure(dataset.labelled(), "{}: expected a dataset with labels, found {}, which has none; name another", user,
         dataset.name);
}

Dataset load_dataset(std::string_view text, Part part, const DataFolders& folders) {
  const Spec spec = Spec::parse(text);
  const auto& registry = Registry<DatasetLoader>::instance();
  Dataset result = registry.make(spec)->load(part, folders);
  result.name = registry.canonical(spec);
  if (result.sha256.empty()) result.sha256 = content_sha256(result);
  return result;
}

Dataset load_labelled(std::string_view spec, Part part, const DataFolders& folders, std::string_view user) {
  Dataset result = load_dataset(spec, part, folders);
  require_labels(result, user);
  return result;
}

Dataset load_evaluated(std::string_view spec, const DataFolders& folders) {
  const bool only_training = Registry<DatasetLoader>::instance().make(Spec::parse(spec))->only_training();
  return load_dataset(spec, only_training ? Part::kTrain : Part::kTest, folders);
}

}  // namespace deepmine
