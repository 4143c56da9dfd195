#pragma once

#include "framework/core/npz.h"
#include "framework/learn/random_forest.h"

namespace deepmine {

/// Puts a forest into what a detector has learnt: its trees.
void keep(const RandomForest& forest, Npz& content);

/// Takes it out again, for rows of `features` columns. Throws `Error` for what `keep` did not put there.
RandomForest kept_forest(const Npz& content, std::size_t features);

}  // namespace deepmine
