#include "framework/attack/adversarial_set.h"

#include <cstring>

#include "framework/attack/kept_batches.h"
#include "framework/core/array.h"
#include "framework/core/error.h"
#include "framework/core/file.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

/// A file of images and its checksum beside it.
class ImageFile {
 public:
  ImageFile(const fs::path& folder, const std::string& key)
      : images_(folder / (key + ".npy")), checksum_(folder / (key + ".sha256")) {}

  const fs::path& path() const { return images_; }

  /// Undefined when the file is missing or is not what was written.
  torch::Tensor read(at::IntArrayRef sizes) const {
    if (!fs::exists(images_) || !fs::exists(checksum_)) return {};
    if (sha256_of_file(images_) != read_file(checksum_)) return {};
    const Array array = read_array(images_);
    if (std::vector<std::int64_t>(array.shape.begin(), array.shape.end()) != sizes) return {};
    const auto values = values_as<float>(array, images_.string());
    return torch::from_blob(const_cast<float*>(values.data()), sizes, torch::kFloat32).clone();
  }

  void write(const torch::Tensor& images) const {
    fs::create_directories(images_.parent_path());
    const float* begin = images.data_ptr<float>();
    Array array{{images.sizes().begin(), images.sizes().end()},
                std::vector<float>(begin, begin + images.numel())};
    write_array(images_, array);
    write_file(checksum_, sha256_of_file(images_));
  }

 private:
  fs::path images_, checksum_;
};

/// A text that differs wherever anything the images depend on differs; `rows` are the images
/// attacked, counted from the order's first.
std::string text_of(const Classifier& classifier, const Dataset& data, const AttackOrder& order,
                   const torch::Tensor& rows) {
  const std::string_view row_bytes(static_cast<const char*>(rows.data_ptr()), rows.nbytes());
  return fmt::format("{} {} {} {} {} {} {}", classifier.sha256(), data.sha256, order.attack, order.begin,
                     order.target ? std::to_string(*order.target) : "none", order.made_by, sha256(row_bytes));
}

}  // namespace

AttackedImages attacked_images(Classifier& classifier, const Dataset& data, const AttackOrder& order,
                               const torch::Tensor& rows, const Goal& goal, const fs::path& folder,
                               Progress& progress) {
  const torch::Tensor clean = data.pixels(order.begin, order.end).index_select(0, rows);
  const std::string text = text_of(classifier, data, order, rows), key = sha256(text).substr(0, 24);
  const ImageFile file(folder, key);
  const KeptBatches kept(folder / (key + ".batches"), text);
  torch::Tensor images = file.read(clean.sizes());
  if (images.defined()) {
    progress.advance(static_cast<std::size_t>(rows.size(0)));
  } else {
    const auto attack = Registry<Attack>::instance().make(Spec::parse(order.attack));
    images = (*attack)(classifier, clean, goal, progress, &kept).images;
    file.write(images);
  }
  kept.discard();
  return {images, file.path(), sha256_of_file(file.path())};
}

AdversarialSet adversarial_set(Classifier& classifier, const Dataset& data,
                               const torch::Tensor& predicted, const AttackOrder& order,
                               const fs::path& folder, Progress& progress) {
  const std::int64_t target = order.target.value();
  const torch::Tensor rows = (predicted != target).nonzero().squeeze(1).contiguous();
  ensure(rows.size(0) > 0, "expected images that are not classified as {} yet, found none among {}; "
         "is it the right model for them?", target, predicted.size(0));
  const Goal goal = Goal::towards(target, rows.size(0));
  const AttackedImages made = attacked_images(classifier, data, order, rows, goal, folder, progress);
  const torch::Tensor clean = data.pixels(order.begin, order.end).index_select(0, rows);
  const AttackResult result = judge(classifier, clean, made.images, goal);
  const torch::Tensor kept = result.success.nonzero().squeeze(1);
  ensure(kept.size(0) > 0, "{} towards class {} succeeded on none of {} images; is its epsilon too "
         "small?", order.attack, target, rows.size(0));

  AdversarialSet set;
  set.images = made.images.index_select(0, kept);
  for (std::int64_t i = 0; i < kept.size(0); ++i) {
    const auto row = rows[kept[i].item<std::int64_t>()].item<std::int64_t>();
    set.sources.push_back(static_cast<std::size_t>(order.begin + row));
  }
  set.n_candidates = rows.size(0);
  set.success_rate = result.success_rate();
  set.mean_l2 = result.l2.index_select(0, kept).mean().item<double>();
  set.mean_linf = result.linf.index_select(0, kept).mean().item<double>();
  set.file = made.file;
  set.sha256 = made.sha256;
  return set;
}

}  // namespace deepmine
