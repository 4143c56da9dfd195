#include <algorithm>
#include <cmath>

#include "framework/detect/detector.h"
#include "framework/detect/learnt.h"
#include "framework/detect/read_layer.h"
#include "framework/detect/rows.h"
#include "framework/learn/nearest_neighbours.h"

namespace deepmine {
namespace {

/// The distance to the k-th nearest clean input, of whatever class.
///
/// Source: Sun et al. 2022, section 3. differs from it in: features without length stay 0.
class Knn : public Detector {
 public:
  struct Options {
    std::int64_t k = 50;
    bool unit_length = true;
    std::string layer = ReadLayer::kLogits;

    void describe(Fields& fields) {
      fields.add({"k", &k, "inputs", "which neighbour, of at least as many clean inputs", "Sun et al. 2022, for "
                  "CIFAR-10", {1, 1e6}});
      fields.add({"unit-length", &unit_length, "", "bring the features of each input to length 1 first",
                  "Sun et al. 2022"});
      fields.add({"layer", &layer, "", "the layer it reads, channels by their means; the paper takes the last hidden "
                  "one", "ours"});
    }
  };

  explicit Knn(const Options& options)
      : k_(static_cast<std::size_t>(options.k)), unit_length_(options.unit_length), layer_{options.layer} {}

  std::set<Feature> features() const override { return layer_.features(); }
  bool reads_logits() const override { return false; }

  void fit(const FitData& data, Seed, int) override {
    clean_ = rows_of(data.clean);
    ensure(k_ <= clean_.rows(), "knn: expected {} clean inputs or more, as k is, found {}; give more, or a smaller k",
           k_, clean_.rows());
  }

  Scores score(const Inputs& inputs, int threads) const override {
    const Matrix<double> distances = nearest_distances(rows_of(inputs), clean_, k_, static_cast<std::size_t>(threads));
    Scores scores;
    for (std::size_t i = 0; i < distances.rows(); ++i) scores.values.push_back(distances(i, k_ - 1));
    return scores;
  }

  Npz learnt() const override {
    Npz content;
    content.arrays["clean"] = array_of(clean_);
    return content;
  }

  void restore(const Npz& learnt) override { clean_ = matrix_in<double>(learnt, "clean"); }

 private:
  Matrix<double> rows_of(const Inputs& inputs) const {
    const torch::Tensor rows = layer_.rows(inputs);
    const MatrixView<double> view = view_of<double>(rows);
    Matrix<double> result(view.rows(), view.cols(), std::vector<double>(view.data(), view.data() + view.size()));
    if (!unit_length_) return result;
    for (std::size_t i = 0; i < result.rows(); ++i) {
      double squares = 0;
      for (std::size_t j = 0; j < result.cols(); ++j) squares += result(i, j) * result(i, j);
      if (squares == 0) continue;
      for (std::size_t j = 0; j < result.cols(); ++j) result(i, j) /= std::sqrt(squares);
    }
    return result;
  }

  std::size_t k_;
  bool unit_length_;
  ReadLayer layer_;
  Matrix<double> clean_;
};

DEEPMINE_DETECTOR(Knn, "knn", "Distance to the k-th nearest clean input");

}  // namespace
}  // namespace deepmine
