#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/core/npz.h"
#include "framework/core/seed.h"
#include "framework/core/spec.h"

namespace deepmine {

/// Of each class, some of the units of a descriptor, ascending.
using UnitSets = std::vector<std::vector<std::size_t>>;

/// How the units are found that tell classes apart.
struct SelectionOptions {
  double mu = 10;
  std::string labels = "onehot";

  void describe(Fields& fields);
};

/// What a selection gives.
struct Selected {
  UnitSets sets;                   ///< [classes]
  std::vector<std::uint8_t> dead;  ///< [m], not 0 for units that respond to less than a thousandth of the inputs
  std::vector<std::uint8_t> seen;  ///< [classes], not 0 for classes with inputs
  double gap = 0;  ///< how far above the minimum a class's objective may be, the largest, over max(1, objective)
};

/// The units with a weight in the mu-Lasso that tells each class from the others, over the descriptors `rows` [N x m]
/// of inputs of `classes` [N], which are below `count`. A class without inputs has no units. The result does not depend
/// on `threads`. Throws `Error` for a mu that is not above 0, for no rows and for other classes.
/// Source: relevant-neurons, selection of neurons; differs from it in: all classes are told apart together, as one
/// class alone gives nothing to tell; the minimum is exact; units that hardly ever respond are left out; labels=pm1 is
/// ours, as its sets are as small as the published ones.
Selected relevant_units(MatrixView<double> rows, const std::vector<std::int64_t>& classes, std::size_t count,
                        const SelectionOptions& options, std::size_t threads);

/// What both have of a class, and what one of them alone has.
UnitSets shared_units(const UnitSets& a, const UnitSets& b);
UnitSets unshared_units(const UnitSets& a, const UnitSets& b);

/// The same of selections: dead are the units that cannot be among them, seen the classes that both have inputs of.
Selected shared(const Selected& a, const Selected& b);
Selected unshared(const Selected& a, const Selected& b);

/// As many units of each class as `like` has, drawn from those that are not dead, as none of `like` is; if `by_layer`,
/// as many of each layer, layers having `sizes` units. Throws `Error` where fewer are alive than `like` has.
UnitSets random_units(const UnitSets& like, const std::vector<std::uint8_t>& dead,
                      const std::vector<std::size_t>& sizes, bool by_layer, Seed seed);

/// The same for all classes: `units` units.
UnitSets all_units(std::size_t classes, std::size_t units);

/// All units of any class, ascending.
std::vector<std::size_t> together(const UnitSets& sets);

/// Puts sets into what a detector has learnt.
void keep(const UnitSets& sets, Npz& content);

/// Takes them out again. Throws `Error` for what `keep` did not put there, and for other units than the first `units`.
UnitSets kept_sets(const Npz& content, std::size_t units);

}  // namespace deepmine
