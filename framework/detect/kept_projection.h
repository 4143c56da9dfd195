#pragma once

#include <string>

#include "framework/core/npz.h"
#include "framework/learn/multinomial_regression.h"
#include "framework/learn/pca.h"

namespace deepmine {

/// Puts directions, or a regression, into what a detector has learnt, under `name`: as much of them as scores depend
/// on.
void keep(const Pca& pca, const std::string& name, Npz& content);
void keep(const MultinomialRegression& regression, const std::string& name, Npz& content);

/// Takes them out again. Throws `Error` for what `keep` did not put there.
Pca kept_pca(const Npz& content, const std::string& name);
MultinomialRegression kept_regression(const Npz& content, const std::string& name);

}  // namespace deepmine
