#include "framework/evaluate/set_examples.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/folder.h"
#include "framework/core/npz.h"
#include "framework/evaluate/pool_scans.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

constexpr const char *kShown = "images", *kPredicted = "predicted", *kLayer = "layer", *kLogits = "logits";

template <typename T>
Array array_like(const torch::Tensor& tensor) {
  const torch::Tensor whole = tensor.detach().to(torch::CppTypeToScalarType<T>::value).contiguous();
  const T* begin = whole.data_ptr<T>();
  return {{whole.sizes().begin(), whole.sizes().end()}, std::vector<T>(begin, begin + whole.numel())};
}

const Array& array_in(const Npz& content, const char* name, std::size_t axes, const std::string& file) {
  const auto found = content.arrays.find(name);
  ensure(found != content.arrays.end() && found->second.shape.size() == axes,
         "{}: expected an array \"{}\" of {} axes, found {}; remove the file", file, name, axes,
         found == content.arrays.end() ? "none" : found->second.description());
  return found->second;
}

}  // namespace

fs::path set_example_file(const fs::path& artifacts, const std::string& run, const std::string& set) {
  return artifacts / (run + "-examples-" + sha256(set).substr(0, 12) + ".npz");
}

ArtifactRow keep_set_examples(const fs::path& file, const Inputs& inputs, const std::optional<Feature>& layer) {
  Npz content;
  content.arrays[kShown] = array_like<float>(inputs.images().slice(0, 0, SetExamples::kImages));
  if (layer) {
    inputs.require({*layer});
    content.arrays[kPredicted] = array_like<std::int64_t>(inputs.predicted());
    content.arrays[kLayer] = array_like<float>(inputs.feature(*layer));
    content.arrays[kLogits] = array_like<float>(inputs.logits());
  }
  if (file.has_parent_path()) make_folder(file.parent_path());
  write_npz(file, content);
  return artifact_row(file, sha256_of_file(file), "examples");
}

std::optional<SetExamples> kept_set_examples(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  const Npz content = read_npz(file);
  const std::string name = file.filename().string();
  const Array& images = array_in(content, kShown, 4, name);
  SetExamples kept{images.shape, values_as<float>(images, name), {}, {}, {}};
  if (content.arrays.count(kPredicted) == 0) return kept;
  kept.predicted = values_as<std::int64_t>(array_in(content, kPredicted, 1, name), name);
  kept.layer = matrix_as<double>(array_in(content, kLayer, 2, name), name);
  kept.logits = matrix_as<double>(array_in(content, kLogits, 2, name), name);
  ensure(kept.layer.rows() == kept.predicted.size() && kept.logits.rows() == kept.predicted.size(),
         "{}: expected features of {} inputs, found {} and {}; remove the file", name, kept.predicted.size(),
         kept.layer.rows(), kept.logits.rows());
  return kept;
}

}  // namespace deepmine
