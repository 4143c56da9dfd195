#include "framework/learn/nearest_neighbours.h"

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/core/parallel_blocks.h"
#include "framework/learn/checked_rows.h"
#include "framework/learn/eigen_view.h"

namespace deepmine {
namespace {

constexpr std::size_t kBlock = 16;  ///< queries a thread takes at once

/// The k smallest squared distances of one query, in `squares`, which has room for all.
void nearest_squares(const double* query, MatrixView<double> reference, std::size_t k, std::vector<double>& squares) {
  for (std::size_t i = 0; i < reference.rows(); ++i) {
    squares[i] = squared_distance(query, reference.row(i), reference.cols());
  }
  std::partial_sort(squares.begin(), squares.begin() + static_cast<std::ptrdiff_t>(k), squares.end());
}

/// Of the k ascending distances from `distances` on.
double dimension(const double* distances, std::size_t k) {
  const double largest = distances[k - 1];
  if (distances[0] == 0) return 0;
  double sum = 0;
  for (std::size_t j = 0; j < k; ++j) sum += std::log(distances[j] / largest);
  return sum < 0 ? std::min(kLargestLid, -static_cast<double>(k) / sum) : kLargestLid;
}

}  // namespace

Matrix<double> nearest_distances(MatrixView<double> queries, MatrixView<double> reference, std::size_t k,
                                 std::size_t threads) {
  ensure_rows(reference, "reference of neighbours");
  ensure_rows_like(queries, reference.cols(), "queries of neighbours");
  ensure(k >= 1 && k <= reference.rows(), "neighbours: expected 1 to {} of them, as the reference has rows, found {}",
         reference.rows(), k);
  Matrix<double> distances(queries.rows(), k);
  parallel_blocks(queries.rows(), kBlock, threads, [&](std::size_t begin, std::size_t end) {
    std::vector<double> squares(reference.rows());
    for (std::size_t i = begin; i < end; ++i) {
      nearest_squares(queries.row(i), reference, k, squares);
      std::transform(squares.begin(), squares.begin() + static_cast<std::ptrdiff_t>(k), distances.row(i),
                     [](double square) { return std::sqrt(square); });
    }
  });
  return distances;
}

std::vector<double> local_intrinsic_dimension(MatrixView<double> queries, MatrixView<double> reference, std::size_t k,
                                              NearestRow nearest, std::size_t threads) {
  const std::size_t dropped = nearest == NearestRow::kDropped ? 1 : 0;
  ensure(k >= 1, "LID: expected at least 1 neighbour, found 0");
  ensure(reference.rows() > dropped, "LID: expected a reference of at least {} rows, found {}", dropped + 1,
         reference.rows());
  const std::size_t used = std::min(k, reference.rows() - dropped);
  const Matrix<double> distances = nearest_distances(queries, reference, used + dropped, threads);
  std::vector<double> dimensions(queries.rows());
  for (std::size_t i = 0; i < dimensions.size(); ++i) dimensions[i] = dimension(distances.row(i) + dropped, used);
  return dimensions;
}

}  // namespace deepmine
