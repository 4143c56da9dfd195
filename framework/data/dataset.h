#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/registry.h"

namespace deepmine {

/// The two files-level parts in which datasets are published.
enum class Part { kTrain, kTest };

std::string_view name_of(Part part);

/// Images held in memory, with labels or without.
struct Dataset {
  std::string name;                      ///< its spec, all options written out: "cifar10", "uniform:n=100,..."
  Part part = Part::kTest;
  torch::Tensor images;                  ///< uint8 [N, C, H, W]
  torch::Tensor labels;                  ///< int64 [N], in 0 .. class_names.size() - 1; undefined where there are none
  std::vector<std::string> class_names;  ///< none without labels
  std::string sha256;                    ///< of the image and label bytes

  std::int64_t size() const { return images.size(0); }
  bool labelled() const { return labels.defined(); }
  /// Images `begin` to `end` (excluded) as float32 [n, C, H, W] in [0,1], value / 255.
  torch::Tensor pixels(std::int64_t begin, std::int64_t end) const;
};

/// Where datasets are looked for, in this order: the folder the user named (`--data` or
/// `DEEPMINE_DATA`), the cache folder (`$XDG_CACHE_HOME/deepmine/data`), Debian's dataset folders.
class DataFolders {
 public:
  /// `named` may be empty; then the environment variable counts. Throws `Error` when the folder
  /// named either way does not exist.
  explicit DataFolders(std::filesystem::path named = {});

  /// The first existing `folder / candidate`. Throws `Error` listing where it was looked for.
  std::filesystem::path find(std::string_view dataset,
                             const std::vector<std::filesystem::path>& candidates) const;

 private:
  std::vector<std::filesystem::path> folders_;
};

/// Reads one dataset. Implementations live in `datasets/`, one file each, and check sizes, labels
/// and checksums before they hand anything out. They may leave the name and the checksum to `load_dataset`.
class DatasetLoader {
 public:
  static constexpr const char* kKind = "dataset";
  virtual ~DatasetLoader() = default;
  /// Whether it is a dataset with training images only.
  virtual bool only_training() const { return false; }
  /// Throws `Error` naming the file, what was expected and what was found.
  virtual Dataset load(Part part, const DataFolders& folders) const = 0;
};

/// SHA-256 over the bytes of images and labels, where there are no labels over those of images and their shape: the
/// identity of a dataset in keys and the store.
std::string content_sha256(const Dataset& dataset);

/// Throws `Error` naming `file` unless every label names a class.
void check_labels(const Dataset& dataset, const std::filesystem::path& file);

/// Throws `Error` when a part is `asked` for that the dataset does not have.
void check_part(std::string_view dataset, Part asked, Part only);

/// Throws `Error` for a dataset without labels; `user` needs them: "deep-mining".
void require_labels(const Dataset& dataset, std::string_view user);

/// The registered dataset `spec` names, options and all, at least one image. Throws `Error`.
Dataset load_dataset(std::string_view spec, Part part, const DataFolders& folders);
/// The same, with labels, which `user` needs.
Dataset load_labelled(std::string_view spec, Part part, const DataFolders& folders, std::string_view user);
/// The test images, or the training images of a dataset that has no others.
Dataset load_evaluated(std::string_view spec, const DataFolders& folders);

}  // namespace deepmine

#define DEEPMINE_DATASET(Loader, name, title) \
  DEEPMINE_REGISTER(::deepmine::DatasetLoader, Loader, name, title)
