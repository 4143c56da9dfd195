#include "framework/learn/tied_gaussian.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "framework/learn/checked_rows.h"
#include "framework/learn/eigen_view.h"

namespace deepmine {
namespace {

constexpr double kSmallestEigenvalue = 1e-12;  ///< of the largest

/// The rows of one class.
Eigen::MatrixXd rows_of(MatrixView<double> rows, const std::vector<std::int64_t>& labels, std::int64_t kind) {
  Eigen::MatrixXd own(std::count(labels.begin(), labels.end(), kind), eigen_size(rows.cols()));
  Eigen::Index next = 0;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (labels[i] == kind) own.row(next++) = eigen_row(rows, i).transpose();
  }
  return own;
}

/// What a class's scatter is divided by, but for the number of all rows.
double divisor(TiedCovariance kind, Eigen::Index rows) {
  return kind == TiedCovariance::kScatter || rows == 1 ? 1 : static_cast<double>(rows - 1);
}

Matrix<double> whitening_of(Matrix<double>& covariance) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver{Eigen::MatrixXd(eigen_view(covariance))};
  const Eigen::VectorXd& values = solver.eigenvalues();  // ascending
  const double least = kSmallestEigenvalue * values(values.size() - 1);
  const auto rank = static_cast<std::size_t>((values.array() > std::max(0.0, least)).count());
  Matrix<double> whitening(rank, covariance.cols());
  for (std::size_t k = 0; k < rank; ++k) {
    const Eigen::Index at = values.size() - 1 - eigen_size(k);
    eigen_view(whitening).row(eigen_size(k)) = solver.eigenvectors().col(at).transpose() / std::sqrt(values(at));
  }
  return whitening;
}

}  // namespace

TiedGaussian TiedGaussian::fit(MatrixView<double> rows, const std::vector<std::int64_t>& labels, TiedCovariance kind) {
  ensure_rows(rows, "features of classes");
  ensure_one_each(rows.rows(), labels.size(), "labels");
  TiedGaussian fitted;
  fitted.classes = distinct_labels(labels);
  fitted.means = Matrix<double>(fitted.classes.size(), rows.cols());
  fitted.covariance = Matrix<double>(rows.cols(), rows.cols());
  for (std::size_t c = 0; c < fitted.classes.size(); ++c) {
    Eigen::MatrixXd own = rows_of(rows, labels, fitted.classes[c]);
    const Eigen::RowVectorXd mean = own.colwise().mean();
    own.rowwise() -= mean;
    eigen_view(fitted.means).row(eigen_size(c)) = mean;
    eigen_view(fitted.covariance) += own.transpose() * own / divisor(kind, own.rows());
  }
  eigen_view(fitted.covariance) /= static_cast<double>(rows.rows());
  fitted.whitening = whitening_of(fitted.covariance);
  return fitted;
}

Matrix<double> TiedGaussian::distances(MatrixView<double> rows) const {
  ensure_rows_like(rows, means.cols(), "features");
  Matrix<double> found(rows.rows(), classes.size());
  const EigenRows white = eigen_view(whitening.view());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    for (std::size_t c = 0; c < classes.size(); ++c) {
      found(i, c) = (white * (eigen_row(rows, i) - eigen_row(means, c))).squaredNorm();
    }
  }
  return found;
}

}  // namespace deepmine
