#include "framework/app/p_value_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <type_traits>

#include "framework/app/input_file.h"
#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/core/memory.h"
#include "framework/core/spec.h"
#include "framework/scan/bit_slices.h"
#include "framework/scan/resolution.h"

namespace deepmine {
namespace {

constexpr std::string_view kOneClass = "classes, one per input";
constexpr std::size_t kLeastBlock = 16, kMostBlock = 512;  // nodes
constexpr double kMegabyte = 1e6;

/// "500M" or "2G", in bytes.
std::size_t parse_memory(const std::string& text) {
  const std::string_view digits = std::string_view(text).substr(0, text.size() - 1);
  const double unit = text.back() == 'G' ? 1e9 : text.back() == 'M' ? 1e6 : 0;
  ensure(unit > 0 && !digits.empty(), "--memory: expected a size like 500M or 2G, found \"{}\"", text);
  const double size = parse_real(digits, "--memory") * unit;
  ensure(size >= 1e6 && size <= 1e15, "--memory: expected a size like 500M or 2G, found \"{}\"", text);
  return static_cast<std::size_t>(size);
}

double padded(std::size_t number) { return std::ceil(static_cast<double>(number) / 512) * 512; }

/// About the bytes that p-values [inputs x nodes] take, while they are collected or while they are
/// scanned, whichever is more.
double bytes_of(const AlphaGrid& grid, std::size_t inputs, std::size_t nodes, bool one_denominator,
                Use use) {
  const double cells = static_cast<double>(inputs) * static_cast<double>(nodes);
  const std::size_t levels = grid.is_exact() ? 0xffff : grid.linear_alphas().size();
  const bool few = levels <= 0xff;
  const double level = few ? 1 : one_denominator ? 2 : 4;
  // Beside the levels: numerators, or p-values and the list of those up to alpha_max.
  const double collected =
      level + (few ? 0 : one_denominator ? 4 : 8 + 12 * grid.alpha_max());
  if (use == Use::kAlone) return cells * collected;
  const std::size_t bins = few ? levels : 96;
  const auto planes = static_cast<double>(bin_planes(few ? levels : 96));
  const double slices = planes / 8 * (padded(inputs + 1) * padded(nodes) + padded(nodes + 1) * padded(inputs));
  const double counts = 2.0 / 8 * static_cast<double>(bins) *
                        (padded(nodes) * static_cast<double>(count_planes(inputs)) +
                         padded(inputs) * static_cast<double>(count_planes(nodes)));
  // On an exact grid the p-values up to alpha_max are listed one by one, more of them than by chance
  // where there is an anomaly.
  const double listed = few ? 0 : cells * 8 * std::min(1.0, 1.25 * grid.alpha_max());
  const double copies = use == Use::kClasses ? 2 : 1;  // all inputs and those of one class
  return std::max(cells * collected, copies * (cells * level + slices + listed) + counts);
}

/// Puts the columns of a block at their place.
template <typename T>
void copy_block(const Matrix<T>& from, std::size_t first, Matrix<T>& to) {
  for (std::size_t i = 0; i < from.rows(); ++i) {
    std::copy_n(from.row(i), from.cols(), to.row(i) + first);
  }
}

/// Names a bad value by its place in the whole file: later checks see blocks only.
template <typename T>
void ensure_finite(const Matrix<T>& block, std::size_t first, std::string_view name) {
  const auto finite = [](T value) { return value - value == 0; };
  if (std::all_of(block.data(), block.data() + block.size(), finite)) return;
  for (std::size_t i = 0; i < block.rows(); ++i) {
    for (std::size_t j = 0; j < block.cols(); ++j) {
      ensure(finite(block(i, j)),
             "{}: expected finite numbers, found {} for input {} at node {}; check the network and its "
             "images, or leave that input out",
             name, block(i, j), i, first + j);
    }
  }
}

/// P-values of a small background may all lie above the levels that are tried.
std::vector<std::string> warnings_of(const Matrix<double>& p_values, const AlphaGrid& grid) {
  const double smallest = *std::min_element(p_values.data(), p_values.data() + p_values.size());
  if (smallest <= grid.alpha_max()) return {};
  return {
      fmt::format("no p-value is at most {:g}, the largest alpha (the smallest is {:.3g}), so nothing can be found; "
                  "give p-values of a larger background, or a larger alpha",
                  grid.alpha_max(), smallest)};
}

/// The p-values a file holds. What is wrong with them is told with the file's name.
ScanInput scan_input_of(const std::string& file, const CsvLayout& csv, const AlphaGrid& grid, Use use) {
  const MatrixFile matrix(file, "p-values [inputs x nodes]", csv);
  const double cells = static_cast<double>(matrix.rows()) * static_cast<double>(matrix.cols());
  const double read = cells * (sizeof(double) + sizeof(std::uint32_t));  // and their levels
  const double most = std::max(read, bytes_of(grid, matrix.rows(), matrix.cols(), true, use));
  ensure_memory(held_memory() + static_cast<std::uint64_t>(most),
                "give fewer inputs or nodes at a time, or a machine or job with more");
  const Matrix<double> p_values = matrix.columns<double>(0, matrix.cols());
  try {
    return {PValueMatrix(p_values.view(), grid), {}, matrix.channel_columns(), warnings_of(p_values, grid)};
  } catch (const Error& error) {
    fail("{}: {}", file, error.what());
  }
}

}  // namespace

ActivationFiles::ActivationFiles(const CommandLine& line)
    : threads_(static_cast<std::size_t>(thread_count(line.common().threads))) {
  const auto backgrounds = line.list("background"), evaluations = line.list("evaluation");
  ensure(backgrounds.size() == evaluations.size(),
         "expected as many --background as --evaluation files, one of each for every layer, found {} "
         "and {}",
         backgrounds.size(), evaluations.size());
  constexpr std::string_view kWhat = "activations [inputs x nodes]";
  const CsvLayout csv = csv_of(line);
  for (std::size_t i = 0; i < backgrounds.size(); ++i) {
    layers_.push_back({MatrixFile(backgrounds[i], kWhat, csv), MatrixFile(evaluations[i], kWhat, csv)});
    const auto& [background, evaluation] = layers_.back();
    ensure(background.cols() == evaluation.cols(),
           "evaluation: expected {} nodes as in the background, found {}; take both from the same layer",
           background.cols(), evaluation.cols());
    ensure(evaluation.rows() == inputs(),
           "{}: expected {} inputs as in {}, found {}; a joint scan takes the same inputs through all "
           "layers",
           evaluations[i], inputs(), evaluations[0], evaluation.rows());
  }
  const std::string tails = line.required("tails");
  ensure(tails == "upper" || tails == "both", "--tails: expected upper or both, found \"{}\"", tails);
  if (tails == "both") tails_ = PValueTails::kBoth;
  if (line.has("memory")) memory_ = parse_memory(line.required("memory"));
  if (!line.has("background-classes")) return;
  evaluation_classes_ = read_evaluation_classes(line, inputs());
  background_classes_ = read_whole_numbers(line.required("background-classes"),
                                           layers_.front().background.rows(), kOneClass, csv);
  ensure(same_background_size(),
         "--background-classes: expected as many inputs in each background file, found different ones");
}

std::size_t ActivationFiles::nodes() const {
  std::size_t sum = 0;
  for (const Layer& layer : layers_) sum += layer.evaluation.cols();
  return sum;
}

std::vector<std::string> ActivationFiles::warnings(const AlphaGrid& grid) const {
  std::vector<std::string> found;
  if (by_class()) {
    std::map<std::int64_t, std::size_t> sizes;
    for (const std::int64_t label : background_classes_) ++sizes[label];
    if (const auto problem = too_small_classes(grid, tails_, sizes)) found.push_back(*problem);
    return found;
  }
  for (const Layer& layer : layers_) {
    const auto problem = too_small_background(grid, tails_, layer.background.rows());
    if (problem) found.push_back(layer.background.path().string() + ": " + *problem);
  }
  return found;
}

std::vector<LayerSpan> ActivationFiles::spans() const {
  std::vector<LayerSpan> spans;
  std::size_t first = 0;
  for (const Layer& layer : layers_) {
    spans.push_back({layer.evaluation.path().string(), first, layer.evaluation.cols()});
    first += layer.evaluation.cols();
  }
  return spans;
}

std::size_t ActivationFiles::channel_nodes() const {
  std::set<std::size_t> sizes;
  for (const Layer& layer : layers_) sizes.insert(layer.evaluation.channel_columns());
  return sizes.size() == 1 ? *sizes.begin() : 0;
}

std::vector<std::filesystem::path> ActivationFiles::paths() const {
  std::vector<std::filesystem::path> paths;
  for (const Layer& layer : layers_) {
    paths.insert(paths.end(), {layer.background.path(), layer.evaluation.path()});
  }
  return paths;
}

bool ActivationFiles::same_background_size() const {
  return std::all_of(layers_.begin(), layers_.end(), [&](const Layer& layer) {
    return layer.background.rows() == layers_.front().background.rows();
  });
}

/// Of a block while it is ranked: background, its sorted copy and the keys it is sorted by (by class
/// its parts, too); activations, ranks and p-values.
std::size_t ActivationFiles::bytes_per_node(const Layer& layer) const {
  const std::size_t value = layer.background.is_float32() && layer.evaluation.is_float32() ? 4 : 8;
  const std::size_t copies = by_class() ? 4 : 3;
  return copies * value * layer.background.rows() + (2 * value + 16) * layer.evaluation.rows();
}

/// What is left for blocks of nodes beside `fixed` bytes. Throws `Error` with the `cure` when it is too
/// little.
std::size_t ActivationFiles::block_memory(double fixed, const std::string& cure) const {
  std::size_t widest = 0;
  for (const Layer& layer : layers_) {
    widest = std::max(widest, bytes_per_node(layer));
    fixed += static_cast<double>(layer.background.resident() + layer.evaluation.resident());
  }
  const double most = fixed + static_cast<double>(kMostBlock * widest);
  const double allowed = memory_ == 0 ? most : std::min(most, static_cast<double>(memory_));
  ensure_memory(held_memory() + static_cast<std::uint64_t>(allowed),
                "set a lower --memory, or give fewer inputs, or a machine or job with more");
  if (memory_ == 0) return kMostBlock * widest;
  const double given = static_cast<double>(memory_);
  const double least = fixed + static_cast<double>(kLeastBlock * widest);
  ensure(given >= least, "--memory: expected at least {:.0f}M for {} inputs and {} nodes, found {:.0f}M; {}",
         std::ceil(least / kMegabyte), inputs(), nodes(), given / kMegabyte, cure);
  return static_cast<std::size_t>(given - fixed);
}

/// Calls `work(first node, background, evaluation)` with the columns of some nodes, both of the type
/// they are compared in.
template <typename Work>
void ActivationFiles::for_each_block(std::size_t memory, Progress& progress, Work work) const {
  progress.begin("p-values, nodes", nodes());
  std::size_t first = 0;
  for (const Layer& layer : layers_) {
    const MatrixFile &background = layer.background, &evaluation = layer.evaluation;
    const std::size_t fitting = memory / bytes_per_node(layer) / kLeastBlock * kLeastBlock;
    const std::size_t width = std::clamp(fitting, kLeastBlock, kMostBlock);
    for (std::size_t node = 0; node < evaluation.cols(); node += width) {
      throw_if_interrupted();
      const std::size_t end = std::min(evaluation.cols(), node + width);
      const auto rank = [&](const auto& clean, const auto& ranked) {
        ensure_finite(clean, node, background.path().string());
        ensure_finite(ranked, node, evaluation.path().string());
        work(first + node, clean, ranked);
      };
      if (background.is_float32() && evaluation.is_float32()) {
        rank(background.columns<float>(node, end), evaluation.columns<float>(node, end));
      } else {
        rank(background.columns<double>(node, end), evaluation.columns<double>(node, end));
      }
      progress.advance(end - node);
    }
    first += evaluation.cols();
  }
  progress.end();
}

template <typename T>
Matrix<double> ActivationFiles::block_p_values(const Matrix<T>& background,
                                               const Matrix<T>& evaluation, PValueEnd end) const {
  if (by_class()) {
    return ClassBackgrounds<T>(background, background_classes_, threads_)
        .p_values(evaluation, evaluation_classes_, tails_, threads_);
  }
  const SortedBackground<T> sorted(background, threads_);
  if (tails_ == PValueTails::kUpper) return sorted.p_values(evaluation, end, threads_);
  const auto numerators = sorted.tail_numerators(evaluation, tails_, threads_);
  Matrix<double> p_values(numerators.rows(), numerators.cols());
  const double whole = sorted.denominator();
  std::transform(numerators.data(), numerators.data() + numerators.size(), p_values.data(),
                 [whole](std::uint32_t count) { return count / whole; });
  return p_values;
}

Matrix<double> ActivationFiles::p_values(PValueEnd end, Progress& progress) const {
  const double cells = static_cast<double>(inputs()) * static_cast<double>(nodes());
  const std::size_t memory = block_memory(cells * sizeof(double), "give more, or fewer inputs");
  Matrix<double> p_values(inputs(), nodes());
  for_each_block(memory, progress, [&](std::size_t first, const auto& background, const auto& ranked) {
    copy_block(block_p_values(background, ranked, end), first, p_values);
  });
  return p_values;
}

PValueMatrix ActivationFiles::levels(const AlphaGrid& grid, Use use, Progress& progress) const {
  const bool one_denominator = !by_class() && same_background_size();
  const bool few = CriticalValues<float>::fits(grid);
  const std::size_t memory =
      block_memory(bytes_of(grid, inputs(), nodes(), one_denominator, use),
                   few ? "give more, or fewer inputs" : "give more, or take --alphas linear:50, which needs less");
  if (few) {
    Matrix<std::uint8_t> levels(inputs(), nodes());
    for_each_block(memory, progress, [&](std::size_t first, const auto& background, const auto& ranked) {
      using T = std::decay_t<decltype(*background.data())>;
      if (by_class() || tails_ == PValueTails::kBoth) {
        const PValueMatrix found(block_p_values(background, ranked, PValueEnd::kUpper).view(), grid);
        copy_block(std::get<Matrix<std::uint8_t>>(found.levels()), first, levels);
      } else {
        const SortedBackground<T> sorted(background, threads_);
        const auto found = CriticalValues<T>(sorted, grid, threads_).levels(ranked, threads_);
        copy_block(std::get<Matrix<std::uint8_t>>(found.levels()), first, levels);
      }
    });
    return PValueMatrix::of_linear_levels(grid, std::move(levels));
  }
  if (!one_denominator) return PValueMatrix(p_values(PValueEnd::kUpper, progress).view(), grid);
  Matrix<std::uint32_t> numerators(inputs(), nodes());
  for_each_block(memory, progress, [&](std::size_t first, const auto& background, const auto& ranked) {
    const SortedBackground sorted(background.view(), threads_);
    copy_block(sorted.tail_numerators(ranked, tails_, threads_), first, numerators);
  });
  const auto whole = static_cast<std::uint32_t>(layers_.front().background.rows() + 1);
  return PValueMatrix(numerators.view(), whole, grid);
}

void add_p_value_options(CommandLine& line) {
  line.add()("tails", text("NAME")->default_value("upper"),
             "what is anomalous: upper (large activations) or both (large and small)")(
      "background-classes", text("FILE"), "predicted class of each background input; with")(
      "evaluation-classes", text("FILE"),
      "of each evaluation input: p-values against the background of the same class")(
      "memory", text("SIZE"),
      "most memory for activations and p-values, e.g. 500M or 2G (default: as much as blocks of 512 "
      "nodes take)");
  add_csv_options(line);
}

Classes read_evaluation_classes(const CommandLine& line, std::size_t inputs) {
  return read_whole_numbers(line.required("evaluation-classes"), inputs, kOneClass, csv_of(line));
}

ScanInput read_scan_input(const CommandLine& line, const AlphaGrid& grid, Use use,
                          Progress& progress) {
  for (const char* option : {"background", "evaluation", "background-classes", "memory"}) {
    line.exclude("p-values", option);
  }
  if (line.has("p-values")) {
    ensure(line.required("tails") == "upper",
           "--tails: p-values have theirs already; give --background and --evaluation");
    return scan_input_of(line.required("p-values"), csv_of(line), grid, use);
  }
  ensure(line.has("background") || line.has("evaluation"),
         "expected --p-values, or --background and --evaluation, found none of them (see "
         "deepmine scan --help)");
  const ActivationFiles files(line);
  return {files.levels(grid, use, progress), files.spans(), files.channel_nodes(), files.warnings(grid)};
}

}  // namespace deepmine
