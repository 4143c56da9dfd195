#include "framework/app/attack_output.h"

#include <fmt/format.h>

#include "framework/app/json_output.h"
#include "framework/app/recorded_command.h"
#include "framework/app/standard_streams.h"
#include "framework/core/file.h"
#include "framework/evaluate/model_rows.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

double mean_of(const torch::Tensor& values) { return values.to(torch::kFloat64).mean().item<double>(); }

/// One line: what it is, and what was found.
template <typename... Args>
void print_line(std::string_view name, fmt::format_string<Args...> text, Args&&... args) {
  fmt::print(results(), "{:<15}  {}\n", name, fmt::format(text, std::forward<Args>(args)...));
}

void print_distances(std::string_view name, double l0, double l2, double linf) {
  print_line(name, "L0 {:.1f} values, L2 {:.6f}, Linf {:.6f}", l0, l2, linf);
}

AttackSetRow row_of(const AttackNames& names, const AttackReport& report) {
  AttackSetRow row;
  row.attack = names.attack;
  row.target = names.target.empty() ? "wrong" : names.target;
  row.n_candidates = report.result().images.size(0);
  row.n_kept = report.n_successes();
  row.success_rate = report.result().success_rate();
  row.mean_l2 = report.mean_of_successes(report.result().l2);
  row.mean_linf = report.mean_of_successes(report.result().linf);
  return row;
}

/// The same of the images that could be fooled at all.
AttackSetRow fooled_row(AttackSetRow row, const AttackReport& report) {
  row.target = report.goal().targeted ? *row.target + ", fooled" : "fooled";
  row.n_candidates = report.n_candidates();
  row.n_kept = report.n_fooled();
  row.success_rate = report.success_rate_of_candidates().value_or(0);
  row.mean_l2 = report.mean_of_fooled(report.result().l2);
  row.mean_linf = report.mean_of_fooled(report.result().linf);
  return row;
}

}  // namespace

void print_attack(const AttackNames& names, const AttackReport& report) {
  const AttackResult& result = report.result();
  const std::int64_t count = result.images.size(0);
  const bool given = report.before().labels_given;
  print_line("attack", "{}", names.attack);
  print_line("goal", "{}", report.goal().targeted ? "targeted" : "untargeted");
  print_line("labels", "{}", given ? "given" : "the model's own: what it takes the images for");
  if (given) {
    print_line("clean accuracy", "{:.4f} of {} images", *report.clean_accuracy(), count);
    print_line("robust accuracy", "{:.4f}, right before and after", *report.robust_accuracy());
  }
  print_line("success rate", "{:.4f} of {} images", result.success_rate(), count);
  if (const auto rate = report.success_rate_of_candidates(); rate && report.n_candidates() < count) {
    print_line("", "{:.4f} of the {} that were {}", *rate, report.n_candidates(),
               report.goal().targeted ? "right before and not taken for their target" : "right before");
  }
  if (const auto there = report.n_target_before(); there && *there > 0) {
    print_line("", "{} were taken for their target before", *there);
  }
  print_distances("mean, all", mean_of(result.l0), mean_of(result.l2), mean_of(result.linf));
  if (report.n_successes() > 0) {
    print_distances("mean, successes", *report.mean_of_successes(result.l0), *report.mean_of_successes(result.l2),
                    *report.mean_of_successes(result.linf));
  }
  print_line("gradients", "{:.1f} an image", mean_of(result.gradients));
  print_line("queries", "{:.1f} an image", mean_of(result.queries));
  print_line("images", "{}", names.out);
  if (names.rows) print_line("rows", "{}", *names.rows);
}

void print_attack_json(const AttackNames& names, const AttackReport& report, const std::vector<std::string>& warnings) {
  const AttackResult& result = report.result();
  print_json({{"attack", names.attack},
              {"model", names.model},
              {"out", names.out},
              {"out_rows", json_of(names.rows)},
              {"inputs", result.images.size(0)},
              {"targeted", report.goal().targeted},
              {"labels", report.before().labels_given ? "given" : "model"},
              {"clean_accuracy", json_of(report.clean_accuracy())},
              {"robust_accuracy", json_of(report.robust_accuracy())},
              {"correct_before", report.n_right_before()},
              {"already_target", json_of(report.n_target_before())},
              {"success_rate", result.success_rate()},
              {"success_rate_correct", json_of(report.success_rate_of_candidates())},
              {"successes", report.n_successes()},
              {"mean_l0", mean_of(result.l0)},
              {"mean_l2", mean_of(result.l2)},
              {"mean_linf", mean_of(result.linf)},
              {"mean_l0_successes", json_of(report.mean_of_successes(result.l0))},
              {"mean_l2_successes", json_of(report.mean_of_successes(result.l2))},
              {"mean_linf_successes", json_of(report.mean_of_successes(result.linf))},
              {"mean_gradients", mean_of(result.gradients)},
              {"mean_queries", mean_of(result.queries)},
              {"warnings", warnings}});
}

void record_attack(const AttackNames& names, const AttackReport& report, const Classifier& classifier,
                   const torch::Tensor& images) {
  const ModelRow model = model_row(classifier);
  write_with_result([=](UnitWriter& writer) {
    const torch::Tensor pixels = images.contiguous();
    AttackSetRow all = row_of(names, report);
    all.model = model.sha256;
    all.dataset = sha256({static_cast<const char*>(pixels.data_ptr()), pixels.nbytes()});
    all.artifact = sha256_of_written(names.out);
    writer.add(model);
    writer.add(DatasetRow{all.dataset, fs::path(names.images).filename().string(), "given", images.size(0)});
    writer.add(all);
    writer.add(fooled_row(all, report));
    if (!names.rows) return;
    const std::string checksum = sha256_of_written(*names.rows);
    writer.add(ArtifactRow{checksum, "rows", static_cast<std::int64_t>(fs::file_size(*names.rows)), *names.rows});
    writer.input("rows", checksum);
  });
}

}  // namespace deepmine
