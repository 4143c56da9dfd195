#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/learn/class_svms.h"
#include "framework/learn/classwise_intervals.h"
#include "framework/learn/detection_metrics.h"
#include "framework/learn/kernel_density.h"
#include "framework/learn/l1_ball.h"
#include "framework/learn/logistic_regression.h"
#include "framework/learn/mu_lasso.h"
#include "framework/learn/multinomial_regression.h"
#include "framework/learn/nearest_neighbours.h"
#include "framework/learn/one_class_svm.h"
#include "framework/learn/pca.h"
#include "framework/learn/random_forest.h"
#include "framework/learn/standard_scaler.h"
#include "framework/learn/stratified_folds.h"
#include "framework/learn/tied_gaussian.h"
#include "framework/learn/transductive_scores.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fuzz.h"

using namespace deepmine;

namespace {

using Values = std::vector<double>;

/// Rows with queries and labels, few of each.
struct Sample {
  Matrix<double> rows, queries;
  std::vector<std::int64_t> labels;
  std::vector<std::uint8_t> positive;
};

/// Any float there is, or one of few values, so that rows are equal and columns constant.
Matrix<double> matrix(Bytes& bytes, std::size_t rows, std::size_t cols, bool any) {
  Matrix<double> result(rows, cols);
  for (std::size_t i = 0; i < result.size(); ++i) {
    result.data()[i] = any ? double{bytes.number()} : static_cast<double>(bytes.next() % 8) - 3;
  }
  return result;
}

Sample sample_of(Bytes& bytes) {
  const std::size_t rows = bytes.up_to(30), cols = bytes.up_to(6), queries = bytes.up_to(10);
  const bool any = bytes.up_to(1) == 1;
  Sample sample;
  for (std::size_t i = 0; i < rows; ++i) {
    sample.labels.push_back(static_cast<std::int64_t>(bytes.up_to(3)));
    sample.positive.push_back(sample.labels.back() > 1 ? 1 : 0);
  }
  sample.rows = matrix(bytes, rows, cols, any);
  sample.queries = matrix(bytes, queries, cols, any);
  return sample;
}

bool all_within(const Values& values, double low, double high) {
  return std::all_of(values.begin(), values.end(), [&](double value) { return value >= low && value <= high; });
}

bool all_finite(const double* values, std::size_t count) {
  return std::all_of(values, values + count, [](double value) { return std::isfinite(value); });
}

/// Within [0, 1] but for rounding.
bool share(double value) { return value >= 0 && value <= 1 + 1e-12; }

void judge(Bytes& bytes) {
  const std::size_t n_in = bytes.up_to(40), n_out = bytes.up_to(40);
  ClassedScores in, out;
  for (ClassedScores* scores : {&in, &out}) {
    for (std::size_t i = 0; i < (scores == &in ? n_in : n_out); ++i) {
      scores->classes.push_back(static_cast<std::int64_t>(bytes.up_to(2)));
      scores->scores.push_back(bytes.number());
    }
  }
  const DetectionMetrics found = detection_metrics(in.scores, out.scores);
  must(share(found.tpr()) && share(found.tnr()) && share(found.auroc) && share(found.aupr_in) && share(found.aupr_out));
  must(found.best_accuracy >= found.accuracy() && share(found.best_accuracy));
  must(static_cast<double>(found.accepted) >= std::floor(kAcceptedShare * static_cast<double>(n_in)));
  const ClasswiseMetrics by_class = classwise_metrics(in, out);
  must(share(by_class.tpr) && share(by_class.tnr) && share(by_class.auroc) && by_class.unjudged <= n_out);
  const ClasswiseIntervals sure = classwise_intervals(in, out, 0.9, 5, Seed(1));
  must(share(sure.tnr.low) && sure.tnr.low <= sure.tnr.high && share(sure.tnr.high));
  must(share(sure.auroc.low) && sure.auroc.low <= sure.auroc.high && share(sure.auroc.high));
  const MixedScores mixed = transductive_scores(in, out);
  must(all_within(mixed.in_distribution, 0, 1) && all_within(mixed.anomalous, 0, 1));
}

void scale(const Sample& sample) {
  const StandardScaler scaler = StandardScaler::fit(sample.rows);
  const Matrix<double> scaled = scaler.transform(sample.rows);
  must(all_finite(scaled.data(), scaled.size()) && all_within(scaler.scales, 1e-300, 1e300));
  must(scale_gamma(scaled) > 0);
  const Pca pca = Pca::fit(sample.rows, 3);
  must(all_finite(pca.components.data(), pca.components.size()) && all_within(pca.variances, 0, 1e300));
  const TiedGaussian gaussian = TiedGaussian::fit(sample.rows, sample.labels);
  must(gaussian.rank() <= sample.rows.cols());
  const Matrix<double> distances = gaussian.distances(sample.queries);
  must(all_within({distances.data(), distances.data() + distances.size()}, 0, HUGE_VAL));
}

void find_near(const Sample& sample, std::size_t k) {
  must(all_within(local_intrinsic_dimension(sample.queries, sample.rows, k, NearestRow::kKept), 0, kLargestLid));
  must(all_within(local_intrinsic_dimension(sample.queries, sample.rows, k), 0, kLargestLid));
  for (const double value : KernelDensity::fit(sample.rows, static_cast<double>(k) / 3).log_density(sample.queries)) {
    must(!std::isnan(value) && value < HUGE_VAL);
  }
}

void enclose(const Sample& sample, Bytes& bytes) {
  OneClassOptions options;
  options.nu = static_cast<double>(bytes.next()) / 200;  // 0 and above 1 too
  if (bytes.up_to(1) == 1) options.gamma = static_cast<double>(bytes.next()) / 16;
  options.tolerance = bytes.up_to(1) == 1 ? 1e-3 : 1e-8;
  options.cache_bytes = bytes.next();
  const OneClassSvm svm = OneClassSvm::fit(sample.rows, options);
  const double sum = options.nu * static_cast<double>(sample.rows.rows());
  must(svm.gap <= options.tolerance && all_within(svm.alphas, 0, 1));
  must(std::abs(l1_norm(svm.alphas) - sum) <= 1e-9 * sum && static_cast<double>(svm.bounded) <= sum + 1e-9);
  must(all_within(svm.scores(sample.queries), 0, sum * (1 + 1e-9)) && std::isfinite(svm.rho));
  const ClassSvms of_classes = ClassSvms::fit(sample.rows, sample.labels, true, options, 2);
  for (const ClassSvm& machine : of_classes.machines) {
    must(machine.svm.lowest <= machine.svm.highest && std::isfinite(machine.normalised(0)));
  }
  const std::vector<std::int64_t> one(sample.queries.rows(), sample.labels.empty() ? 0 : sample.labels[0]);
  must(all_within(of_classes.scores(sample.queries, one), 0, sum * (1 + 1e-9)));
}

void regress(const Sample& sample, double strength) {
  const auto model = LogisticRegression::fit(sample.rows, sample.positive, strength);
  must(all_within(model.probabilities(sample.rows), 0, 1));
  const auto several = MultinomialRegression::fit(sample.rows, sample.labels, strength);
  const Matrix<double> found = several.probabilities(sample.rows);
  must(all_within({found.data(), found.data() + found.size()}, 0, 1 + 1e-12));
  const std::vector<std::size_t> folds = stratified_folds(sample.labels, 2);
  must(count_folds(folds) == 2 && folds.size() == sample.labels.size());
}

void select(const Sample& sample, double mu) {
  const Values target(sample.positive.begin(), sample.positive.end());
  const LeastSquares problem = LeastSquares::of(sample.rows, {target.data(), target.size(), 1}, 0.1);
  const LassoSolution found = mu_lasso(problem, 0, {mu})[0];
  must(l1_norm(found.weights) <= mu * (1 + 1e-6));
  must(l1_norm(projected_on_l1_ball(target, mu)) <= mu * (1 + 1e-12));
}

void vote(const Sample& sample, std::size_t trees) {
  ForestOptions options;
  options.trees = trees;
  const RandomForest forest = RandomForest::fit(sample.rows, sample.positive, options, Seed(trees));
  must(forest.roots.size() == trees && all_within(forest.probabilities(sample.queries), 0, 1));
}

void learn_from(Bytes bytes) {
  const std::size_t which = bytes.up_to(6);
  if (which == 0) return judge(bytes);
  const auto number = static_cast<double>(bytes.next());
  const Sample sample = sample_of(bytes);
  if (which == 1) scale(sample);
  if (which == 2) find_near(sample, static_cast<std::size_t>(number));
  if (which == 3) enclose(sample, bytes);
  if (which == 4) regress(sample, number * number / 100);
  if (which == 5) select(sample, number / 16);
  if (which == 6) vote(sample, static_cast<std::size_t>(number) % 20);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    learn_from({data, size});
  } catch (const Error&) {  // what a user is told
  }
  return 0;
}
