#include "framework/attack/adversarial_set.h"

#include "framework/attack/kept_batches.h"
#include "framework/core/array.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/kept_array.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

Array array_of(const torch::Tensor& images) {
  const float* begin = images.data_ptr<float>();
  return {{images.sizes().begin(), images.sizes().end()}, std::vector<float>(begin, begin + images.numel())};
}

torch::Tensor images_of(const Array& array, at::IntArrayRef sizes, const fs::path& file) {
  const std::vector<std::int64_t> found(array.shape.begin(), array.shape.end());
  ensure(at::IntArrayRef(found) == sizes,
         "{}: expected images made for this order, found {}; delete it to have them made again", file.string(),
         array.description());
  const auto values = values_as<float>(array, file.string());
  return torch::from_blob(const_cast<float*>(values.data()), sizes, torch::kFloat32).clone();
}

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
  const KeptArray file(folder, key);
  const KeptBatches batches(folder / (key + ".batches"), text);
  bool made = false;
  const Array array = file.read_or_make([&] {
    made = true;
    const auto attack = Registry<Attack>::instance().make(Spec::parse(order.attack));
    return array_of(attack->unjudged(classifier, clean, goal, progress, &batches, order.threads).images);
  });
  if (!made) progress.advance(static_cast<std::size_t>(rows.size(0)));
  batches.discard();  // also those of a process that was killed when it had the whole
  return {images_of(array, clean.sizes(), file.path()), file.path(), file.sha256()};
}

AdversarialSet kept_images(const AttackedImages& made, const AttackResult& result, const torch::Tensor& kept,
                           std::int64_t n_candidates, const torch::Tensor& sources) {
  const torch::Tensor rows = rows_where(kept);
  AdversarialSet set;
  set.rows = rows;
  for (std::int64_t i = 0; i < rows.size(0); ++i) {
    set.sources.push_back(static_cast<std::size_t>(sources[rows[i].item<std::int64_t>()].item<std::int64_t>()));
  }
  set.n_candidates = n_candidates;
  set.file = made.file;
  set.sha256 = made.sha256;
  if (set.n_kept() == 0) return set;
  set.success_rate = static_cast<double>(set.n_kept()) / static_cast<double>(n_candidates);
  set.mean_l2 = result.l2.index_select(0, rows).mean().item<double>();
  set.mean_linf = result.linf.index_select(0, rows).mean().item<double>();
  return set;
}

torch::Tensor attackable(const AttackOrder& order, const torch::Tensor& predicted) {
  torch::Tensor rows = rows_where(predicted != order.target.value()).contiguous();
  ensure(rows.size(0) > 0, "expected images that are not classified as {} yet, found none among {}; is it the right "
         "model for them?", *order.target, predicted.size(0));
  return rows;
}

AdversarialSet successful_images(const Dataset& data, const AttackOrder& order, const torch::Tensor& rows,
                                 const AttackedImages& made, const torch::Tensor& predicted) {
  const std::int64_t target = order.target.value(), count = rows.size(0);
  const torch::Tensor clean = data.pixels(order.begin, order.end).index_select(0, rows);
  const AttackResult result = judge(clean, made.images, Goal::towards(target, count), predicted);
  AdversarialSet set = kept_images(made, result, result.success, count, rows + order.begin);
  ensure(set.n_kept() > 0, "{} towards class {} succeeded on none of {} images; is its epsilon too small?",
         order.attack, target, count);
  return set;
}

}  // namespace deepmine
