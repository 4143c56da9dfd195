#include "framework/detect/kept_projection.h"

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/detect/learnt.h"

namespace deepmine {
namespace {

Matrix<double> finite_in(const Npz& content, const std::string& name) {
  Matrix<double> found = matrix_in<double>(content, name);
  ensure(found.size() > 0 && std::all_of(found.data(), found.data() + found.size(),
                                         [](double value) { return std::isfinite(value); }),
         "{}: expected finite numbers in what the detector has learnt, found others or none", name);
  return found;
}

void check_fit(const std::string& name, std::size_t expected, std::size_t found) {
  ensure(found == expected, "{}: expected {} numbers in what the detector has learnt, found {}", name, expected, found);
}

}  // namespace

void keep(const Pca& pca, const std::string& name, Npz& content) {
  content.arrays["means of " + name] = {{pca.means.size()}, pca.means};
  content.arrays["directions of " + name] = array_of(pca.components);
}

void keep(const MultinomialRegression& regression, const std::string& name, Npz& content) {
  content.arrays["classes of " + name] = {{regression.classes.size()}, regression.classes};
  content.arrays["weights of " + name] = array_of(regression.weights);
  content.arrays["biases of " + name] = {{regression.biases.size()}, regression.biases};
}

Pca kept_pca(const Npz& content, const std::string& name) {
  Pca pca;
  pca.means = finite_in(content, "means of " + name).take();
  pca.components = finite_in(content, "directions of " + name);
  check_fit("means of " + name, pca.components.cols(), pca.means.size());
  return pca;
}

MultinomialRegression kept_regression(const Npz& content, const std::string& name) {
  MultinomialRegression regression;
  regression.classes = matrix_in<std::int64_t>(content, "classes of " + name).take();
  regression.weights = finite_in(content, "weights of " + name);
  regression.biases = finite_in(content, "biases of " + name).take();
  check_fit("biases of " + name, regression.weights.rows(), regression.biases.size());
  check_fit("classes of " + name, regression.weights.rows(), regression.classes.size());
  return regression;
}

}  // namespace deepmine
