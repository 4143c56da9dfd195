#include "framework/learn/pca.h"

#include <Eigen/Eigenvalues>
#include <algorithm>

#include "framework/core/error.h"
#include "framework/learn/checked_rows.h"
#include "framework/learn/eigen_view.h"

namespace deepmine {
namespace {

constexpr double kSmallestVariance = 1e-12;  ///< of the largest

using Solver = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>;

/// The direction of the k-th largest variance, from the eigenvectors of centred'centred, or of centred centred' where
/// there are fewer rows than columns.
Eigen::VectorXd direction(const Eigen::MatrixXd& centred, const Solver& solver, Eigen::Index k) {
  const Eigen::VectorXd vector = solver.eigenvectors().col(solver.eigenvalues().size() - 1 - k);
  Eigen::VectorXd found = vector.size() == centred.cols() ? vector : (centred.transpose() * vector).normalized();
  Eigen::Index largest = 0;
  found.cwiseAbs().maxCoeff(&largest);
  if (found(largest) < 0) found = -found;
  return found;
}

Solver solved(const Eigen::MatrixXd& centred) {
  if (centred.rows() < centred.cols()) return Solver(Eigen::MatrixXd(centred * centred.transpose()));
  return Solver(Eigen::MatrixXd(centred.transpose() * centred));
}

}  // namespace

Pca Pca::fit(MatrixView<double> rows, std::size_t count) {
  ensure_rows(rows, "features of a PCA");
  ensure(rows.rows() >= 2, "PCA: expected at least 2 rows, found {}", rows.rows());
  ensure(count >= 1, "PCA: expected at least 1 component, found 0");
  const Eigen::RowVectorXd mean = eigen_view(rows).colwise().mean();
  const Eigen::MatrixXd centred = eigen_view(rows).rowwise() - mean;
  const Solver solver = solved(centred);
  const Eigen::VectorXd variances = solver.eigenvalues().reverse() / static_cast<double>(rows.rows() - 1);
  const Eigen::Index varying = (variances.array() > std::max(0.0, kSmallestVariance * variances(0))).count();
  const std::size_t kept = std::min(count, static_cast<std::size_t>(varying));
  Pca fitted;
  fitted.means.assign(mean.data(), mean.data() + mean.size());
  fitted.components = Matrix<double>(kept, rows.cols());
  fitted.variances.assign(variances.data(), variances.data() + kept);
  fitted.total_variance = centred.squaredNorm() / static_cast<double>(rows.rows() - 1);
  for (std::size_t k = 0; k < kept; ++k) {
    eigen_view(fitted.components).row(eigen_size(k)) = direction(centred, solver, eigen_size(k)).transpose();
  }
  return fitted;
}

Matrix<double> Pca::transform(MatrixView<double> rows) const {
  ensure_rows_like(rows, means.size(), "features of a PCA");
  Matrix<double> coordinates(rows.rows(), components.rows());
  const EigenRows centred = eigen_view(rows).rowwise() - eigen_view(means).transpose();
  eigen_view(coordinates) = centred * eigen_view(components.view()).transpose();
  return coordinates;
}

}  // namespace deepmine
