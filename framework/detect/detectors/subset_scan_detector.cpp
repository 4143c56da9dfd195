#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>

#include "framework/core/error.h"
#include "framework/core/parallel_blocks.h"
#include "framework/detect/group_detector.h"
#include "framework/detect/learnt.h"
#include "framework/detect/rows.h"
#include "framework/scan/class_conditions.h"
#include "framework/scan/individual_scan.h"
#include "framework/scan/p_values.h"
#include "framework/scan/resolution.h"
#include "framework/scan/subset_scan.h"

namespace deepmine {
namespace {

using AloneScores = std::vector<IndividualScore>;

/// The levels of inputs scanned alone: all their p-values whatever the grid of the group scans, which
/// is exact and as fast, unless one alpha is fixed.
AlphaGrid alone_grid(const AlphaGrid& of_groups) {
  return of_groups.is_fixed() ? of_groups : AlphaGrid(of_groups.alpha_max());
}

/// `inputs` inputs scanned alone. `p_values(begin, end)` gives the matrix of some of them.
template <typename PValues>
AloneScores scan_alone(std::size_t inputs, const ScanOptions& options, std::size_t threads,
                       PValues p_values) {
  AloneScores scores(inputs);
  parallel_blocks(inputs, 64, threads, [&](std::size_t begin, std::size_t end) {
    const auto found = individual_scan(p_values(begin, end), options.statistic);
    std::copy(found.begin(), found.end(), scores.begin() + static_cast<std::ptrdiff_t>(begin));
  });
  return scores;
}

GroupScore group_score(const ScanResult& found) {
  return {found.score,        found.inputs,     found.alpha,         found.nodes.size(),
          found.best_restart, found.half_steps, found.restart_scores};
}

/// All admitted inputs, binned; a test set gathers its rows.
class SubsetScanPool : public ScoringPool {
 public:
  /// With `classes`, one for each input, a scan looks for inputs of one class only.
  SubsetScanPool(ScanPool pool, AloneScores alone, std::optional<Classes> classes)
      : pool_(std::move(pool)), alone_(std::move(alone)), classes_(std::move(classes)) {}

  GroupScore score(const std::vector<std::size_t>& rows, Seed seed) const override {
    if (!classes_) return group_score(pool_.scan(rows, seed));
    return group_score(scan_within_classes(pool_, rows, *classes_, seed).result);
  }

  GroupScore score_alone(std::size_t row) const override {
    const IndividualScore& found = alone_.at(row);
    GroupScore result{found.score, {}};
    if (found.alpha) result.anomalous.push_back(0);
    result.alpha = found.alpha;
    result.n_nodes = found.nodes;
    return result;
  }

 private:
  ScanPool pool_;
  AloneScores alone_;
  std::optional<Classes> classes_;
};

template <typename Names>
std::vector<std::string> texts(const Names& values, std::string_view (*name)(
                                                        typename Names::value_type)) {
  std::vector<std::string> result;
  for (const auto value : values) result.emplace_back(name(value));
  return result;
}

/// Nonparametric subset scanning: the subset of inputs and nodes whose empirical p-values are
/// lower than chance allows, by the highest scan statistic.
///
/// Source: deep-mining, its sections on p-values, scoring and search.
/// differs from it in: the alphas tried for groups are 50 equal steps by default instead of all
/// (alphas=exact); single inputs are scanned exactly whatever the steps.
class SubsetScanDetector : public GroupDetector {
 public:
  struct Options {
    std::string statistic = "berk-jones";
    std::string alphas = "linear:50";
    double alpha_max = 0.5;
    std::string start = "paper";
    std::int64_t restarts = 5;
    std::string tails = "upper";
    bool conditional = false;
    bool one_class = false;
    std::string group = "1";

    static Presets presets() {
      return {{"paper", "deep-mining", {{"tails", "upper"}, {"conditional", "false"}, {"alpha-max", "0.5"}}},
              {"two-sided", "ours, found on CIFAR-10's and Fashion-MNIST's test images",
               {{"tails", "both"}, {"conditional", "true"}, {"alpha-max", "0.05"}}}};
    }

    void describe(Fields& fields) {
      fields.add({"statistic", &statistic, "", "scan statistic", "deep-mining", {},
                  texts(scan_statistics(), scan_statistic_name)});
      fields.add({"alphas", &alphas, "", "significance levels tried: exact, linear:K or fixed:A (A at most alpha-max)",
                  "ours"});
      fields.add({"alpha-max", &alpha_max, "", "largest significance level; needs 1 / alpha - 1 background inputs, of "
                  "both tails 2 / alpha - 1, with conditional of each class", "deep-mining", {0, 1, true}});
      fields.add({"start", &start, "", "how ascents start", "deep-mining", {},
                  texts(start_schemes(), start_scheme_name)});
      fields.add({"restarts", &restarts, "", "ascents per scan", "deep-mining", {1, 100000}});
      fields.add({"tails", &tails, "", "what is anomalous: large activations, or small ones as well",
                  "deep-mining", {}, {"upper", "both"}});
      fields.add({"conditional", &conditional, "",
                  "p-values against the background inputs of the same predicted class only",
                  "deep-mining's authors' code"});
      fields.add({"one-class", &one_class, "", "look for inputs of one predicted class only",
                  "deep-mining's authors' code"});
      fields.add({"group", &group, "nodes",
                  "nodes in a row searched as one: a number, or channel for whole filters",
                  "deep-mining, future work"});
    }
  };

  explicit SubsetScanDetector(const Options& options)
      : scan_{parse_scan_statistic(options.statistic),
              AlphaGrid::parse(options.alphas, options.alpha_max),
              parse_start_scheme(options.start), static_cast<std::size_t>(options.restarts)},
        tails_(options.tails == "both" ? PValueTails::kBoth : PValueTails::kUpper),
        conditional_(options.conditional),
        one_class_(options.one_class),
        group_(options.group) {
    if (group_ == kChannel) return;
    const std::int64_t nodes = parse_integer(group_, "group");
    ensure(nodes >= 1, "group: expected channel or a number of nodes from 1 on, found \"{}\"", group_);
    scan_.group = static_cast<std::size_t>(nodes);
  }

  void check(std::size_t background, const NodeLayout& layout) const override {
    const auto problem = too_small_background(scan_.alphas, tails_, background);
    ensure(!problem, "{}", problem.value_or(""));
    options_for(layout);
  }

  std::vector<std::string> doubts() const override {
    const auto doubt = by_class_ ? too_small_classes(scan_.alphas, tails_, by_class_->sizes()) : std::nullopt;
    return doubt ? std::vector{*doubt} : std::vector<std::string>();
  }

  void fit(const FitData& data, Seed, int threads) override {
    const Rows rows = rows_of(data.clean);
    check(rows.predicted.size(), rows.layout);
    const auto count = static_cast<std::size_t>(threads);
    if (conditional_) {
      by_class_.emplace(view_of<float>(rows.nodes), rows.predicted, count);
    } else {
      background_.emplace(view_of<float>(rows.nodes), count);
    }
  }

  /// The background's activations, node by node in ascending order, which serve as the activations themselves.
  Npz learnt() const override {
    Npz content;
    if (background_) content.arrays["background"] = array_of(background_->activations());
    if (!by_class_) return content;
    for (const auto& [label, background] : by_class_->backgrounds()) {
      content.arrays["background of " + std::to_string(label)] = array_of(background.activations());
    }
    return content;
  }

  void restore(const Npz& learnt) override {
    if (!conditional_) {
      background_.emplace(matrix_in<float>(learnt, "background"));
      return;
    }
    const std::string start = "background of ";
    std::map<std::int64_t, SortedBackground<float>> backgrounds;
    for (const auto& [name, array] : learnt.arrays) {
      if (name.rfind(start, 0) != 0) continue;
      backgrounds.emplace(parse_integer(name.substr(start.size()), name),
                          SortedBackground<float>(matrix_as<float>(array, name)));
    }
    ensure(!backgrounds.empty(),
           "expected an array \"background of CLASS\" in what the detector has learnt, found none");
    by_class_.emplace(std::move(backgrounds));
  }

  std::unique_ptr<ScoringPool> admit(const Inputs& evaluation, int threads, NodeRanks* ranks) const override {
    if (!background_ && !by_class_) throw std::logic_error("a detector must be fitted before it scores");
    const Rows rows = rows_of(evaluation);
    const ScanOptions options = options_for(rows.layout);
    return by_class_ ? pool_by_class(rows, options, static_cast<std::size_t>(threads), ranks)
                     : pool_of_all(rows, options, static_cast<std::size_t>(threads), ranks);
  }

  std::uint64_t memory(std::uint64_t background, std::uint64_t evaluation, std::uint64_t nodes) const override {
    const std::uint64_t cells = evaluation * nodes;
    const std::uint64_t sorted = background * nodes * sizeof(float);
    // Numerators, of both tails at a time, or p-values and the numerators of a class.
    const std::uint64_t ranks = conditional_ ? 9 : tails_ == PValueTails::kBoth ? 8 : 4;
    const bool few = !scan_.alphas.is_exact() && scan_.alphas.linear_alphas().size() <= 0xff;
    return sorted + cells * ranks +
        cells * (few ? 2 : background < 0xffff ? 2 : 4);  // levels, and their bits where few
  }

 private:
  static constexpr const char* kChannel = "channel";

  /// Throws `Error` for layers that cannot be searched in the groups asked for.
  ScanOptions options_for(const NodeLayout& layout) const {
    ScanOptions options = scan_;
    if (group_ == kChannel) {
      ensure(layout.channel > 0,
             "group: expected a layer of channels that are all of one size for group=channel, found "
             "another; scan such layers apart, or give a number of nodes");
      options.group = layout.channel;
    }
    for (const std::size_t nodes : layout.layers) {
      ensure(nodes % options.group == 0,
             "group: expected a size that divides the {} nodes of each layer, found {}; a channel has "
             "height x width nodes",
             nodes, options.group);
    }
    return options;
  }

  std::optional<Classes> classes_of(const Rows& rows) const {
    return one_class_ ? std::optional<Classes>(rows.predicted) : std::nullopt;
  }

  std::unique_ptr<ScoringPool> pool_of_all(const Rows& rows, const ScanOptions& options, std::size_t threads,
                                           NodeRanks* ranks) const {
    const MatrixView<float> nodes = view_of<float>(rows.nodes);
    const Matrix<std::uint32_t> numerators = background_->tail_numerators(nodes, tails_, threads);
    const std::uint32_t whole = background_->denominator();
    if (ranks != nullptr) {
      const std::size_t wanted = ranks->inputs, cols = nodes.cols();
      ranks->denominator = whole;
      ranks->numerators = tails_ == PValueTails::kUpper
                              ? Matrix(wanted, cols, std::vector(numerators.data(), numerators.row(wanted)))
                              : background_->numerators({nodes.data(), wanted, cols}, PValueEnd::kUpper, threads);
    }
    const AlphaGrid grid = alone_grid(options.alphas);
    const auto some = [&](std::size_t begin, std::size_t end) {
      return PValueMatrix({numerators.row(begin), end - begin, numerators.cols()}, whole, grid);
    };
    return std::make_unique<SubsetScanPool>(ScanPool(PValueMatrix(numerators, whole, options.alphas), options),
                                            scan_alone(numerators.rows(), options, threads, some), classes_of(rows));
  }

  std::unique_ptr<ScoringPool> pool_by_class(const Rows& rows, const ScanOptions& options, std::size_t threads,
                                             NodeRanks* ranks) const {
    const MatrixView<float> nodes = view_of<float>(rows.nodes);
    if (ranks != nullptr) {
      ranks->denominator = static_cast<std::uint32_t>(by_class_->inputs() + 1);
      ranks->numerators = by_class_->numerators({nodes.data(), ranks->inputs, nodes.cols()}, threads);
    }
    const Matrix<double> p_values = by_class_->p_values(nodes, rows.predicted, tails_, threads);
    const AlphaGrid grid = alone_grid(options.alphas);
    const auto some = [&](std::size_t begin, std::size_t end) {
      return PValueMatrix({p_values.row(begin), end - begin, p_values.cols()}, grid);
    };
    return std::make_unique<SubsetScanPool>(ScanPool(PValueMatrix(p_values.view(), options.alphas), options),
                                            scan_alone(p_values.rows(), options, threads, some), classes_of(rows));
  }

  ScanOptions scan_;
  PValueTails tails_;
  bool conditional_, one_class_;
  std::string group_;
  std::optional<SortedBackground<float>> background_;
  std::optional<ClassBackgrounds<float>> by_class_;
};

DEEPMINE_DETECTOR(SubsetScanDetector, "subset-scan", "Nonparametric subset scanning");

}  // namespace
}  // namespace deepmine
