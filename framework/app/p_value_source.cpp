#include "framework/app/p_value_source.h"

#include "framework/app/input_file.h"
#include "framework/core/error.h"
#include "framework/core/interrupt.h"

namespace deepmine {
namespace {

constexpr std::string_view kOneClass = "classes, one per input";

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
    if (!background_classes.empty()) {
      const auto conditional = conditional_p_values(
          clean.view(), read_whole_numbers(background_classes, clean.rows(), kOneClass),
          ranked.view(), read_whole_numbers(evaluation_classes, ranked.rows(), kOneClass), tails,
          count);
      return PValueMatrix(conditional.view(), grid);
    }
    const SortedBackground sorted(clean.view(), count);
    using T = std::decay_t<decltype(*clean.data())>;
    throw_if_interrupted();
    if (tails == PValueTails::kUpper && CriticalValues<T>::fits(grid)) {
      return CriticalValues<T>(sorted, grid, count).levels(ranked.view(), count);
    }
    const auto numerators = sorted.tail_numerators(ranked.view(), tails, count);
    throw_if_interrupted();
    return PValueMatrix(numerators.view(), sorted.denominator(), grid);
  });
}

ActivationFiles activation_files(const CommandLine& line) {
  ActivationFiles files;
  files.background = line.required("background");
  files.evaluation = line.required("evaluation");
  return files;
}

void add_p_value_options(CommandLine& line) {
  line.add()("tails", text("NAME")->default_value("upper"),
             "what is anomalous: upper (large activations) or both (large and small)")(
      "background-classes", text("FILE"), "predicted class of each background input; with")(
      "evaluation-classes", text("FILE"),
      "of each evaluation input: p-values against the background of the same class");
}

Classes read_evaluation_classes(const CommandLine& line, std::size_t inputs) {
  return read_whole_numbers(line.required("evaluation-classes"), inputs, kOneClass);
}

PValueMatrix read_p_values(const CommandLine& line, const AlphaGrid& grid) {
  line.exclude("p-values", "background");
  line.exclude("p-values", "evaluation");
  line.exclude("p-values", "background-classes");
  const std::string tails = line.required("tails");
  ensure(tails == "upper" || tails == "both", "--tails: expected upper or both, found \"{}\"", tails);
  if (!line.has("p-values")) {
    ensure(line.has("background") || line.has("evaluation"),
           "expected --p-values, or --background and --evaluation, found none of them (see "
           "deepmine scan --help)");
    ActivationFiles files = activation_files(line);
    if (tails == "both") files.tails = PValueTails::kBoth;
    if (line.has("background-classes")) {
      files.background_classes = line.required("background-classes");
      files.evaluation_classes = line.required("evaluation-classes");
    }
    return files.levels(grid, thread_count(line.common().threads));
  }
  ensure(tails == "upper", "--tails: p-values have theirs already; give --background and --evaluation");
  return levels_in(line.required("p-values"), grid);
}

}  // namespace deepmine
