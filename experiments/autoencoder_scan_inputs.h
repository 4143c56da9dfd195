#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/autoencoder_scan_options.h"
#include "experiments/reconstruction_errors.h"
#include "framework/activation/inputs.h"
#include "framework/attack/adversarial_set.h"
#include "framework/data/dataset.h"
#include "framework/data/test_set.h"
#include "framework/detect/group_detector.h"
#include "framework/detect/rows.h"
#include "framework/evaluate/doubts.h"
#include "framework/evaluate/result_sources.h"
#include "framework/model/autoencoder.h"
#include "framework/model/classifier.h"
#include "framework/run/workplace.h"

namespace deepmine {

/// A layer's activations of the evaluation images, and these as a detector takes them in.
struct ScannedLayer {
  std::string name;
  torch::Tensor nodes;  ///< float32 [inputs x nodes]
  std::unique_ptr<ScoringPool> pool;
  NodeRanks ranks;  ///< of all of them, of the reconstruction error only

  MatrixView<float> activations() const { return view_of<float>(nodes); }
};

/// Images that are classified wrong after an attack, and what the store keeps of it.
struct FoolingImages {
  torch::Tensor images;                   ///< float32 [n,C,H,W]
  AnomalousImages wrong, fooled;             ///< rows counted from the first of `images`
  std::vector<AttackSetRow> attack_sets;  ///< of these two
  ArtifactRow file;
};

/// What the units of a run of autoencoder-scan share, each worked out when it is first asked for. Activations of few
/// layers are in memory at once.
class AutoencoderScanInputs {
 public:
  /// Tells the workplace what is doubtful. Throws `Error` for images, models or a detector with which nothing could be
  /// measured.
  AutoencoderScanInputs(const AutoencoderScanOptions& options, Workplace& place);

  RunKey key() const;
  std::vector<std::string> layers() const { return options_.layer_list(autoencoder_->layers()); }
  const Dataset& data() const { return data_; }
  const Autoencoder& autoencoder() const { return *autoencoder_; }
  const Classifier& classifier() const { return *classifier_; }
  const Doubts& doubts() const { return doubts_; }
  /// About the bytes that a process which asks for everything holds at most.
  std::uint64_t memory() const;

  const FoolingImages& fooling(const std::string& attack);
  /// Float32 [n,C,H,W]: the clean ones, then those of all attacks.
  const torch::Tensor& evaluation_images();
  const std::vector<PoolInput>& clean() const { return clean_; }
  /// At least one, none of them empty.
  const std::vector<AnomalousImages>& anomalous();
  /// The layer asked for before is let go of.
  const ScannedLayer& layer(const std::string& name);

 private:
  void check_detector() const;
  std::string code_digest() const;
  SourceFiles image_sources(const std::string& attack) const;
  AttackedImages attacked(const std::string& spec) const;
  FoolingImages judged(const std::string& spec, const AttackedImages& made) const;
  void put_together();
  std::vector<std::vector<std::string>> layer_blocks() const;
  Inputs inputs(const torch::Tensor& images, const std::string& what) const;
  void pass_images(const std::vector<std::string>& block);

  AutoencoderScanOptions options_;
  Workplace& place_;
  Dataset data_;
  std::unique_ptr<Autoencoder> autoencoder_;
  std::unique_ptr<Classifier> classifier_;
  Doubts doubts_;
  std::map<std::string, std::vector<std::int64_t>> shapes_;  ///< of each layer
  std::vector<PoolInput> clean_;
  std::map<std::string, FoolingImages> fooling_;  ///< until they are put together
  torch::Tensor evaluation_images_;
  std::vector<AnomalousImages> anomalous_;
  std::optional<Inputs> background_, evaluation_;  ///< with the activations of a block's layers that are to come
  ScannedLayer layer_;
};

}  // namespace deepmine
