#include "framework/app/p_value_source.h"

#include "framework/app/input_file.h"
#include "framework/core/error.h"
#include "framework/core/interrupt.h"

namespace deepmine {
namespace {

/// Calls `work(background, evaluation)` with two matrices of the type they are compared in.
template <typename Work>
auto with_activations(const ActivationFiles& files, Work work) {
  constexpr std::string_view kWhat = "activations [inputs x nodes]";
  const Array background = read_matrix(files.background, kWhat);
  const Array evaluation = read_matrix(files.evaluation, kWhat);
  const auto converted = [&](auto number) {
    using T = decltype(number);
    return work(matrix_as<T>(background, files.background.string()),
                matrix_as<T>(evaluation, files.evaluation.string()));
  };
  const bool single = std::holds_alternative<std::vector<float>>(background.values) &&
                      std::holds_alternative<std::vector<float>>(evaluation.values);
  return single ? converted(float{}) : converted(double{});
}

/// The p-values a file holds. What is wrong with them is told with the file's name.
PValueMatrix levels_in(const std::string& file, const AlphaGrid& grid) {
  const Matrix<double> p_values =
      matrix_as<double>(read_matrix(file, "p-values [inputs x nodes]"), file);
  try {
    return {p_values.view(), grid};
  } catch (const Error& error) {
    fail("{}: {}", file, error.what());
  }
}

}  // namespace

Matrix<double> ActivationFiles::p_values(PValueEnd end, int threads) const {
  const auto count = static_cast<std::size_t>(threads);
  return with_activations(*this, [&](const auto& clean, const auto& ranked) {
    return SortedBackground(clean.view(), count).p_values(ranked.view(), end, count);
  });
}

PValueMatrix ActivationFiles::levels(const AlphaGrid& grid, int threads) const {
  const auto count = static_cast<std::size_t>(threads);
  return with_activations(*this, [&](const auto& clean, const auto& ranked) {
    const SortedBackground sorted(clean.view(), count);
    using T = std::decay_t<decltype(*clean.data())>;
    throw_if_interrupted();
    if (CriticalValues<T>::fits(grid)) {
      return CriticalValues<T>(sorted, grid, count).levels(ranked.view(), count);
    }
    const auto numerators = sorted.numerators(ranked.view(), PValueEnd::kUpper, count);
    throw_if_interrupted();
    return PValueMatrix(numerators.view(), sorted.denominator(), grid);
  });
}

ActivationFiles activation_files(const CommandLine& line) {
  return {line.required("background"), line.required("evaluation")};
}

PValueMatrix read_p_values(const CommandLine& line, const AlphaGrid& grid) {
  line.exclude("p-values", "background");
  line.exclude("p-values", "evaluation");
  if (!line.has("p-values")) {
    ensure(line.has("background") || line.has("evaluation"),
           "expected --p-values, or --background and --evaluation, found none of them (see "
           "deepmine scan --help)");
    return activation_files(line).levels(grid, thread_count(line.common().threads));
  }
  return levels_in(line.required("p-values"), grid);
}

}  // namespace deepmine
