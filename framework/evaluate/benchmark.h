#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "framework/evaluate/benchmark_options.h"
#include "framework/evaluate/doubts.h"
#include "framework/evaluate/result_sources.h"
#include "framework/evaluate/single_scores.h"
#include "framework/model/classifier.h"
#include "framework/run/measurement.h"
#include "framework/run/workplace.h"

namespace deepmine {

/// What tells a benchmark of one experiment from that of another.
struct BenchmarkProtocol {
  std::string experiment;                         ///< its name, which seeds come from, too
  std::map<std::string, std::string> parameters;  ///< the options as a run's key has them
  SourceFiles sources;                            ///< of its conclusions
  std::string model_cure;                         ///< what to do where no model is named
};

/// One detector, fitted one way, on one model, against test images of its dataset and those of other sets: every image
/// is scored by itself.
class Benchmark : public Measurement {
 public:
  /// Tells the workplace, which is kept by reference, what is doubtful. Throws `Error` for images, a model or a
  /// detector with which nothing could be measured.
  Benchmark(const BenchmarkOptions& options, BenchmarkProtocol protocol, Workplace& place);

  RunKey key() const override;
  std::vector<Unit> units() override { return scores_.units(); }
  void write_inputs(UnitWriter& writer) const override;
  MemoryNeed memory() const override;

 protected:
  const BenchmarkOptions& options() const { return options_; }
  Workplace& place() const { return place_; }
  Seed seed() const { return Seed(place_.seed).child(protocol_.experiment); }
  Classifier& classifier() const { return *classifier_; }
  SingleScores& scores() { return scores_; }
  const SingleScores& scores() const { return scores_; }
  const Dataset& test() const { return scores_.sets().front().data; }
  /// Of detectors that learn.
  const Dataset& training() const { return *training_; }
  /// Images `begin` to `end` of them, with their labels where they have any.
  Inputs training_inputs(std::int64_t begin, std::int64_t end, const std::string& what);
  std::int64_t fitted() const { return training_ && options_.fit == 0 ? training_->size() : options_.fit; }

  virtual Learning learning();
  /// How many images `learning` hands over.
  virtual std::int64_t learnt_images() const { return fitted(); }
  /// The options as the run's key has them, without those that say nothing to its detector.
  virtual std::map<std::string, std::string> parameters() const;
  /// The files that the scores depend on.
  virtual SourceFiles sources() const;

 private:
  std::vector<SingleSet> sets() const;
  SingleSet set(Dataset data, const std::string& kind) const;
  void load_training();

  BenchmarkOptions options_;
  BenchmarkProtocol protocol_;
  Workplace& place_;
  std::unique_ptr<Classifier> classifier_;
  SingleScores scores_;
  Doubts doubts_;
  std::optional<Dataset> training_;
};

}  // namespace deepmine
