#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/attack/adversarial_set.h"
#include "framework/evaluate/attack_benchmark_options.h"
#include "framework/evaluate/benchmark.h"

namespace deepmine {

/// A benchmark that also scores adversarial images. They are made from the test images that the model classifies right,
/// are kept among the artifacts for other detectors, and are scored whether the attack succeeded or not: the store has
/// for each of them whether it did. Detectors that need adversarial images learn from others, made for them and
/// evaluated by none: clean ones that are classified right, what an attack makes of them, and the same with noise as
/// large. The first images of each set are left among the artifacts for figures (`set_examples.h`), with the layer and
/// the logits of a detector that reads both within a class.
class AttackBenchmark : public Benchmark {
 public:
  /// Throws `Error` as `Benchmark` does, for images without labels, and for attacks that cannot be carried out.
  AttackBenchmark(const AttackBenchmarkOptions& options, BenchmarkProtocol protocol, Workplace& place);

  std::vector<Unit> units() override;
  void write_inputs(UnitWriter& writer) const override;
  MemoryNeed memory() const override;

 protected:
  Learning learning() override;
  std::int64_t learnt_images() const override;
  std::map<std::string, std::string> parameters() const override;
  SourceFiles sources() const override;

 private:
  struct Attacked {
    torch::Tensor sources;  ///< int64 [n], the dataset's images
    Goal goal;
    AttackedImages made;
  };

  Attacked attacked(const Dataset& data, const PlannedAttack& plan, std::int64_t begin, std::int64_t end);
  torch::Tensor classified_right(const Dataset& data, std::int64_t begin, std::int64_t end, std::int64_t most);
  Goal goal(const Dataset& data, const PlannedAttack& plan, const torch::Tensor& sources) const;
  SourceFiles fooling_sources() const;
  SourceFiles image_sources(const std::string& attack, const Dataset& data) const;
  Write score(const PlannedAttack& plan);
  Write score_fooling();
  torch::Tensor fooling_images(const FoolingOptions& options);
  Write examples();
  ArtifactRow keep_examples(const std::string& set, const torch::Tensor& images);
  bool learns_from_attacks() const;

  AttackBenchmarkOptions options_;
  std::vector<PlannedAttack> planned_;
  std::optional<Feature> shown_layer_;  ///< of which figures have features
  Doubts attack_doubts_;
};

}  // namespace deepmine
