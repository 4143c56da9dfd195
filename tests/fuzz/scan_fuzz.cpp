#include <algorithm>
#include <cmath>
#include <numeric>

#include "framework/core/error.h"
#include "framework/scan/individual_scan.h"
#include "framework/scan/p_values.h"
#include "framework/scan/subset_scan.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fuzz.h"

using namespace deepmine;

namespace {

Matrix<float> matrix(Bytes& bytes, std::size_t rows, std::size_t cols, bool any) {
  Matrix<float> result(rows, cols);
  // Any float there is, or one of few values, so that there are ties.
  for (std::size_t i = 0; i < result.size(); ++i) {
    result.data()[i] = any ? bytes.number() : static_cast<float>(bytes.next() % 16);
  }
  return result;
}

ScanOptions options_of(Bytes& bytes) {
  ScanOptions options;
  options.statistic = scan_statistics()[bytes.up_to(2)];
  const double alpha_max = static_cast<double>(bytes.next()) / 200;  // 0 and above 1 too
  const std::size_t steps = bytes.next();
  options.alphas = steps == 0 ? AlphaGrid(alpha_max) : AlphaGrid(alpha_max, steps * (1 + bytes.up_to(2)));
  options.start = start_schemes()[bytes.up_to(3)];
  options.restarts = bytes.up_to(4);
  options.group = bytes.up_to(3);
  return options;
}

bool equal_levels(const PValueMatrix& one, const PValueMatrix& other) {
  for (std::size_t i = 0; i < one.inputs(); ++i) {
    for (std::size_t j = 0; j < one.nodes(); ++j) {
      if (one.level(i, j) != other.level(i, j)) return false;
    }
  }
  return one.alphas() == other.alphas();
}

/// The subset has the count and score it claims.
void check(const ScanResult& found, const PValueMatrix& p_values, const ScanOptions& options) {
  const double best = *std::max_element(found.restart_scores.begin(), found.restart_scores.end());
  must(found.score == best && found.score >= 0);
  must(found.inputs.empty() == !found.alpha.has_value());
  if (!found.alpha) return;
  std::uint64_t n_alpha = 0;
  for (const std::uint32_t input : found.inputs) {
    for (const std::uint32_t node : found.nodes) {
      const std::uint32_t level = p_values.level(input, node);
      n_alpha += level < p_values.alphas().size() && p_values.alphas()[level] <= *found.alpha ? 1 : 0;
    }
  }
  const std::uint64_t n = std::uint64_t{found.inputs.size()} * found.nodes.size();
  must(n_alpha == found.n_alpha);
  must(scan_score(options.statistic, n_alpha, n, *found.alpha) == found.score);
}

void scan_them(Bytes bytes) {
  const ScanOptions options = options_of(bytes);
  const std::size_t nodes = bytes.up_to(40), inputs = bytes.up_to(20), clean = bytes.up_to(60);
  const bool any = bytes.up_to(1) == 1;
  const Matrix<float> background = matrix(bytes, clean, nodes, any);
  const Matrix<float> evaluation = matrix(bytes, inputs, nodes, any);
  const SortedBackground<float> sorted(background);
  const PValueMatrix p_values(sorted.numerators(evaluation).view(), sorted.denominator(), options.alphas);
  must(equal_levels(p_values, {sorted.p_values(evaluation).view(), options.alphas}));
  if (CriticalValues<float>::fits(options.alphas)) {
    must(equal_levels(p_values, CriticalValues<float>(sorted, options.alphas).levels(evaluation)));
  }
  for (const IndividualScore& alone : individual_scan(p_values, options.statistic)) {
    must(alone.score == (alone.alpha ? scan_score(options.statistic, alone.nodes, alone.nodes, *alone.alpha) : 0));
  }
  const ScanResult found = scan(p_values, options, Seed(1));
  check(found, p_values, options);
  std::vector<std::size_t> all(p_values.inputs());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const ScanResult pooled = ScanPool(p_values, options).scan(all, Seed(1));
  must(pooled.score == found.score && pooled.inputs == found.inputs && pooled.nodes == found.nodes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    scan_them({data, size});
  } catch (const Error&) {  // what a user is told
  }
  return 0;
}
