#include "framework/learn/class_svms.h"

#include <algorithm>

#include "framework/core/parallel_blocks.h"
#include "framework/learn/checked_rows.h"
#include "framework/learn/selected_rows.h"

namespace deepmine {
namespace {

StandardScaler scaler_of(MatrixView<double> rows, bool standardise) {
  if (standardise) return StandardScaler::fit(rows);
  return {std::vector<double>(rows.cols(), 0.0), std::vector<double>(rows.cols(), 1.0)};
}

}  // namespace

double ClassSvm::normalised(double score) const {
  const double width = svm.highest - svm.lowest;
  return (score - svm.lowest) / (width > 0 ? width : 1);
}

ClassSvms ClassSvms::fit(MatrixView<double> rows, const std::vector<std::int64_t>& classes, bool standardise,
                         const OneClassOptions& options, std::size_t threads) {
  ensure_rows(rows, "features of one-class SVMs");
  ensure_one_each(rows.rows(), classes.size(), "classes");
  const auto by_class = rows_by_class(classes);
  const std::vector<std::pair<std::int64_t, std::vector<std::size_t>>> own(by_class.begin(), by_class.end());
  OneClassOptions each = options;
  each.cache_bytes /= std::clamp<std::size_t>(threads, 1, own.size());
  ClassSvms fitted;
  fitted.machines.resize(own.size());
  parallel_blocks(own.size(), 1, threads, [&](std::size_t place, std::size_t) {
    const Matrix<double> chosen = selected_rows(rows, own[place].second);
    const StandardScaler scaler = scaler_of(chosen, standardise);
    fitted.machines[place] = {own[place].first, scaler, OneClassSvm::fit(scaler.transform(chosen), each)};
  });
  return fitted;
}

const ClassSvm* ClassSvms::of(std::int64_t kind) const {
  const auto place =
      std::lower_bound(machines.begin(), machines.end(), kind,
                       [](const ClassSvm& machine, std::int64_t wanted) { return machine.kind < wanted; });
  return place != machines.end() && place->kind == kind ? &*place : nullptr;
}

std::vector<double> ClassSvms::scores(MatrixView<double> rows, const std::vector<std::int64_t>& classes,
                                      std::size_t threads) const {
  ensure_rows_like(rows, machines.empty() ? 0 : machines.front().scaler.means.size(), "features of one-class SVMs");
  ensure_one_each(rows.rows(), classes.size(), "classes");
  std::vector<double> result(rows.rows(), 0.0);
  for (const auto& [kind, own] : rows_by_class(classes)) {
    const ClassSvm* machine = of(kind);
    if (machine == nullptr) continue;
    const std::vector<double> found = machine->svm.scores(machine->scaler.transform(selected_rows(rows, own)), threads);
    for (std::size_t i = 0; i < own.size(); ++i) result[own[i]] = found[i];
  }
  return result;
}

}  // namespace deepmine
