#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "framework/activation/activations.h"
#include "framework/core/progress.h"
#include "framework/detect/group_detector.h"
#include "framework/model/classifier.h"

namespace deepmine {

/// What a network makes of images.
struct Watched {
  Activations activations;  ///< of the watched layers, side by side
  torch::Tensor predicted;  ///< int64 [inputs], the class of the highest logit
};

/// The inputs of all parts, at least one, one part after the other.
Watched stacked(const std::vector<const Watched*>& parts);

/// Takes down what chosen layers of a network say of images.
class Watcher {
 public:
  /// `image` [1,C,H,W] is one like those to come; the classifier is kept by reference. Throws `Error`
  /// for layers the network lacks, for none, and for one named twice.
  Watcher(Classifier& classifier, std::vector<std::string> layers, const torch::Tensor& image);

  std::size_t nodes() const;
  /// `what` names the images where progress is shown.
  Watched watch(const torch::Tensor& images, const std::string& what, Progress& progress) const;
  /// What a detector is told of watched images; refers to their activations.
  WatchedInputs inputs(const Watched& watched) const;
  WatchedInputs inputs(Watched&& watched) const = delete;

  /// From now on what is taken down is kept in `folder`, so that it is worked out once for many processes.
  /// `made_by` are sources, library and threads: others may round otherwise.
  void keep_in(std::filesystem::path folder, std::string made_by);

 private:
  Watched work_out(const torch::Tensor& images, const std::string& what, Progress& progress) const;
  Watched read_or_work_out(const torch::Tensor& images, const std::string& what, Progress& progress) const;

  Classifier& classifier_;
  std::vector<std::string> layers_;
  std::vector<std::size_t> layer_nodes_;
  std::size_t channel_nodes_ = 0;  ///< 0 where the layers' channels differ in size
  std::filesystem::path folder_;    ///< empty: nothing is kept
  std::string made_by_;
};

}  // namespace deepmine
