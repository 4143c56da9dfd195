#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "framework/activation/activations.h"

namespace deepmine {

/// Images as a model sees them: each quantity is worked out when it is first asked for, in one pass with whatever
/// `require` named. Or values that another program has worked out, which stand for any of them.
class Inputs {
 public:
  /// Images float32 [N,C,H,W], at least one; the model is kept by reference. Nobody is shown how far they are.
  Inputs(Model& model, torch::Tensor images);
  /// The same; `progress`, which is told of passes under the name `what`, is kept by reference. `threads` batches pass
  /// at once.
  Inputs(Model& model, torch::Tensor images, std::string what, Progress& progress, int threads = 1);
  /// Values [N x nodes], float32 or float64: the logits or the one layer that a detector reads, of whose output for one
  /// input `shape` are the sizes, where they are known. Throws `Error` for none.
  explicit Inputs(torch::Tensor values, std::vector<std::int64_t> shape = {});

  std::int64_t size() const { return size_; }
  bool are_values() const { return values_.defined(); }
  bool has_images() const { return images_.defined(); }
  /// Both throw `Error` where there are no images; `model` also where it is no classifier.
  const torch::Tensor& images() const;
  Classifier& model() const;

  /// [N, classes], of the model's or the values' type. Throws `Error` where the model is no classifier.
  const torch::Tensor& logits() const;
  /// The logits, from one who came by them on the way to something else; left alone where they are known.
  void tell_logits(torch::Tensor logits) const;
  /// int64 [N]: the class of each input's highest logit, or what `predict` was told.
  const torch::Tensor& predicted() const;
  void predict(torch::Tensor classes) { predicted_ = std::move(classes); }
  /// [N x values], float32, or of the values' type. Throws `Error` for unknown layers and activations that are not
  /// finite.
  torch::Tensor feature(const Feature& feature) const;
  bool has(const Feature& feature) const;
  /// The sizes of a layer's output for one input; of values what was told.
  std::vector<std::int64_t> shape(const std::string& layer) const;
  /// Works out the logits and these features in one pass, where there are images. Throws `Error` like `feature`.
  void require(const std::set<Feature>& features) const;

  /// From now on what is worked out is kept in `folder`, so that it is worked out once for many processes; `made_by`
  /// are code version and library: others may round otherwise.
  void keep_in(std::filesystem::path folder, std::string made_by);

  /// Let go of what takes much memory and is asked for no more.
  void release_images();
  void release(const Feature& feature) { features_.erase(feature); }
  void release_features() { features_.clear(); }

  /// The inputs at `rows`, where one may stand several times, with what was worked out of them.
  Inputs rows(const std::vector<std::int64_t>& rows) const;
  /// One part after the other, at least one: their classes and the features that all have, without images.
  static Inputs stacked(const std::vector<const Inputs*>& parts);

  const std::string& what() const { return what_; }
  Progress& progress() const { return *progress_; }
  int threads() const { return threads_; }

  torch::Tensor labels;  ///< int64 [N]; undefined where nobody gave them

 private:
  struct Place {
    std::filesystem::path folder;
    std::string made_by;
  };

  void pass(const std::set<Feature>& features) const;
  void read_or_pass(const std::set<Feature>& features) const;
  torch::Tensor& quantity(const Feature& feature) const;

  Model* model_ = nullptr;
  Classifier* classifier_ = nullptr;  ///< the model, where it is one
  std::string what_;
  Progress* progress_;
  int threads_ = 1;
  std::int64_t size_;
  torch::Tensor images_, values_;
  std::optional<Place> place_;
  mutable torch::Tensor logits_, predicted_;
  mutable std::map<Feature, torch::Tensor> features_;
  mutable std::map<std::string, std::vector<std::int64_t>> shapes_;  ///< of layers asked for; of values one
};

}  // namespace deepmine
