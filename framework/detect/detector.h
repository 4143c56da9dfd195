#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "framework/activation/inputs.h"
#include "framework/core/npz.h"
#include "framework/core/registry.h"
#include "framework/core/seed.h"

namespace deepmine {

/// What a detector learns from; no input of it is evaluated.
struct FitData {
  const Inputs& clean;
  const Inputs* adversarial = nullptr;  ///< there for detectors that need them
  const Inputs* noisy = nullptr;        ///< harmless changes of clean inputs, as large as adversarial ones; or null
};

/// What a detector learns from beside clean inputs.
struct Needs {
  bool adversarial = false;  ///< it cannot do without
  bool noisy = false;        ///< it takes them for normal where there are any
};

/// What a detector says of inputs, each by itself.
struct Scores {
  std::vector<double> values;                        ///< [N], higher is more anomalous
  std::map<std::string, std::vector<double>> parts = {};  ///< [N] each, what the values were put together from
};

/// Tells anomalous inputs from clean ones. One sign everywhere: higher is more anomalous.
class Detector {
 public:
  static constexpr const char* kKind = "detector";
  virtual ~Detector() = default;

  /// The layers it reads beside the logits, so that they are taken down in one pass.
  virtual std::set<Feature> features() const { return {}; }
  /// Whether values without a model are logits to it, whose highest names the class; else the values of one layer.
  virtual bool reads_logits() const { return features().empty(); }
  /// Whether `fit` learns anything; else inputs can be scored without.
  virtual bool learns() const { return true; }
  virtual Needs needs() const { return {}; }
  /// Whether scores compare only within a predicted class, so that each class wants a threshold of its own.
  virtual bool within_class() const { return false; }
  /// Learns what is normal; replaces what was learnt before. Throws `Error` where the inputs cannot serve.
  virtual void fit(const FitData& data, Seed seed, int threads) = 0;
  /// `fit` or `restore` come first. Each input's score depends on that input alone. Throws `Error` for inputs of
  /// another shape.
  virtual Scores score(const Inputs& inputs, int threads) const = 0;
  /// The scores of the clean inputs that `fit` learnt from, for a threshold, as far as they can be had like those of
  /// fresh inputs: a detector that knows its own inputs by heart leaves out what has seen each, and inputs that
  /// everything has seen. Comes after `fit`. Throws `Error` where none is left.
  virtual std::vector<double> scores_of_learnt(const Inputs& clean, int threads) const {
    return score(clean, threads).values;
  }
  /// What makes scores doubtful after `fit` or `restore`, a line each.
  virtual std::vector<std::string> doubts() const { return {}; }
  /// What was learnt, as arrays.
  virtual Npz learnt() const { return {}; }
  /// Takes what `learnt` gave, maybe from another process. Throws `Error` for what is not that.
  virtual void restore(const Npz& learnt) { static_cast<void>(learnt); }
};

}  // namespace deepmine

#define DEEPMINE_DETECTOR(Class, name, title) \
  DEEPMINE_REGISTER(::deepmine::Detector, Class, name, title)
