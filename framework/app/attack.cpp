#include "framework/attack/attack.h"

#include <fmt/ranges.h>
#include <torch/version.h>

#include <algorithm>

#include "framework/activation/activations.h"
#include "framework/app/attack_output.h"
#include "framework/app/command.h"
#include "framework/app/input_file.h"
#include "framework/app/tensor_file.h"
#include "framework/app/terminal_progress.h"
#include "framework/app/warnings.h"
#include "framework/attack/attack_report.h"
#include "framework/attack/kept_batches.h"
#include "framework/attack/suspicion.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/memory.h"
#include "framework/evaluate/attack_sources.h"
#include "framework/model/pass_memory.h"
#include "framework/run/sources.h"

namespace deepmine {
namespace {

namespace po = boost::program_options;

void add_options(CommandLine& line) {
  const std::string known =
      fmt::format("attack and its options, bim:epsilon=0.02,steps=10; known: {}",
                  fmt::join(Registry<Attack>::instance().names(), ", "));
  line.add()("attack", text("SPEC"), known.c_str())(
      "model", text("MODEL"), "model file, NETWORK:weights=FILE.npz, or TorchScript file: a program, which "
      "loading runs with your rights, so never a stranger's")(
      "images", text("FILE"), "images to attack [N,C,H,W] in [0,1]")(
      "range", text("LOW,HIGH"), fmt::format("{}; options of the attack stay in units of [0,1]", kRangeHelp).c_str())(
      "labels", text("FILE"), "classes of the images, to get away from and to tell how many were right before "
      "(default: what the model takes them for)")(
      "targets", text("FILE"), "classes to be taken for, one per image")(
      "target", text("CLASS"), "the class all images are to be taken for; next: the one after their own; random: any "
      "but their own, drawn from --seed")(
      "out", text("FILE"), "adversarial images to write, float32 (.npy)")(
      "out-first", text("FILE"), "of attacks that go on after it, such as bim-b: the first iterates that met the goal "
      "(.npy)")(
      "out-rows", text("FILE"), "image by image label, target (-1: none), class before and after, success, distances "
      "and gradients (.npz)")(
      "strict", po::bool_switch(), Warnings::kStrictHelp)("json", po::bool_switch(), "print one JSON object");
  add_csv_options(line);
  line.positional("attack", 1);
}

/// What the command line says of the attack: `--seed` is the attack's own where it has one.
Spec attack_of(const CommandLine& line) {
  Spec spec = Spec::parse(line.required("attack"));
  const bool draws = Registry<Attack>::instance().describe(spec.name).has_option("seed");
  if (draws && line.given("seed")) spec.values.emplace("seed", std::to_string(line.common().seed));
  return spec;
}

/// The file of a model: itself, or the weights that a network's spec names.
std::string weights_of(const std::string& model) {
  const std::string mark = "weights=";
  const std::size_t at = std::filesystem::exists(model) ? std::string::npos : model.find(mark);
  if (at == std::string::npos) return model;
  const std::size_t begin = at + mark.size();
  return model.substr(begin, model.find(',', begin) - begin);
}

/// What the command was asked to do, checked before any model is loaded.
struct Job {
  Spec attack;
  std::string model, images, out;
  std::optional<std::string> out_first, out_rows;
  PixelRange range;

  explicit Job(const CommandLine& line)
      : attack(attack_of(line)),
        model(line.required("model")),
        images(line.required("images")),
        out(line.required("out")) {
    line.exclude("targets", "target");
    std::vector<std::filesystem::path> inputs{images, weights_of(model)};
    for (const char* option : {"labels", "targets"}) {
      if (line.has(option)) inputs.emplace_back(line.required(option));
    }
    check_output("--out", out, {".npy"}, inputs);
    if (line.has("out-first")) {
      out_first = line.required("out-first");
      ensure(Registry<Attack>::instance().make(attack)->yields_first(),
             "--out-first: expected an attack that goes on after its first success, such as bim-b, found {}",
             attack.name);
      ensure(std::filesystem::weakly_canonical(*out_first) != std::filesystem::weakly_canonical(out),
             "--out-first: expected another file than --out, found \"{}\" twice", out);
      check_output("--out-first", *out_first, {".npy"}, inputs);
    }
    if (line.has("out-rows")) {
      out_rows = line.required("out-rows");
      check_output("--out-rows", *out_rows, {".npz"}, inputs);
    }
    if (line.has("range")) range = PixelRange::parse(line.required("range"), "--range");
  }
};

constexpr const char* kMemoryCure =
    "give it fewer --threads, attack fewer images at a time, or give it a machine or job with more";

/// Beside the images given: those made, batch by batch and in one, their differences from those given, and as whole
/// numbers which of these are none.
std::uint64_t result_memory(std::uint64_t images, const Attack& attack) {
  return (attack.yields_first() ? 8 : 6) * images;
}

void check_memory(Classifier& classifier, const torch::Tensor& images, const Attack& attack, int threads) {
  const torch::Tensor one = images.slice(0, 0, 1);
  const std::uint64_t batches = std::max(passing_memory(classifier, one, images.size(0), threads),
      kLibraryMemory + attacking_memory(classifier, one, images.size(0), threads, attack.needs_gradient()));
  ensure_memory(held_memory() + batches + result_memory(images.nbytes(), attack), kMemoryCure);
}

/// What is wanted of the images, and what they were before.
struct Wanted {
  Goal goal;
  Before before;
  std::string target;  ///< as `AttackNames` has it
};

Before before_of(const CommandLine& line, Classifier& classifier, const torch::Tensor& images, std::int64_t n_classes,
                 int threads) {
  Before before;
  before.labels_given = line.has("labels");
  if (before.labels_given) {
    before.labels = read_classes(line.required("labels"), images.size(0), csv_of(line));
    const auto low = before.labels.min().item<std::int64_t>(), high = before.labels.max().item<std::int64_t>();
    ensure(low >= 0 && high < n_classes, "{}: expected classes 0 to {}, found {} to {}", line.required("labels"),
           n_classes - 1, low, high);
  }
  before.predicted = predict(classifier, images, threads);
  if (!before.labels_given) before.labels = before.predicted;
  return before;
}

Wanted wanted_of(const CommandLine& line, Classifier& classifier, const torch::Tensor& images, int threads) {
  constexpr std::uint64_t kMostClasses = 1000000;
  const std::int64_t count = images.size(0);
  const std::string target = line.has("target") ? line.required("target") : "";
  const bool is_class = !target.empty() && target != "next" && target != "random";
  ensure(!is_class || target.find_first_not_of("-0123456789") == std::string::npos,
         "--target: expected next, random or a class, found \"{}\"", target);
  const auto n_classes = [&] {
    torch::NoGradGuard no_gradient;
    return classifier.logits(images.slice(0, 0, 1)).size(1);
  }();
  ensure(n_classes >= 2, "expected a classifier of at least 2 classes, found {}", n_classes);
  const Before before = before_of(line, classifier, images, n_classes, threads);
  const torch::Tensor& labels = before.labels;
  if (line.has("targets")) {
    return {Goal::towards(read_classes(line.required("targets"), count, csv_of(line))), before, "given"};
  }
  if (is_class) {
    const auto number = static_cast<std::int64_t>(line.whole_number("target", 0, kMostClasses));
    return {Goal::towards(number, count), before, std::to_string(number)};
  }
  if (target.empty()) return {Goal::away_from(labels), before, {}};
  return {target == "next" ? Goal::towards_next(labels, n_classes)
                           : Goal::towards_random(labels, n_classes, line.common().seed), before, target};
}

/// Everything the images depend on; other sources may round otherwise.
std::string order_of(const Job& job, const std::string& attack, const Classifier& classifier,
                     const torch::Tensor& images, const Goal& goal) {
  const std::string code = Sources::of_program().digest(attack_sources(attack, classifier));
  const auto digest = [](const torch::Tensor& tensor) {
    const torch::Tensor values = tensor.contiguous();
    return sha256({static_cast<const char*>(values.data_ptr()), values.nbytes()});
  };
  return fmt::format("{} {} {} {} {} {} {} {} {} {}", attack, classifier.sha256(), job.range.low, job.range.high,
                     fmt::join(images.sizes(), "x"), digest(images), goal.targeted, digest(goal.classes), code,
                     TORCH_VERSION);
}

int run(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  add_options(line);
  if (!line.parse(words)) return 0;
  const Job job(line);
  const auto attack = Registry<Attack>::instance().make(job.attack);
  const std::string canonical = Registry<Attack>::instance().canonical(job.attack);
  const int threads = set_up_torch(line.common().threads);
  const std::uint64_t given = image_bytes(job.images);
  ensure_memory(held_memory() + std::max(reading_memory(given), given + result_memory(given, *attack)), kMemoryCure);
  Warnings warnings(line.flag("strict"));
  const ImageFile file = read_images(job.images, job.range);
  const torch::Tensor& images = file.images;
  warnings.add(file.warnings);
  if (const auto short_of = falls_short(job.attack, images[0].numel())) warnings.add(*short_of);
  const auto classifier = load_classifier(job.model);
  classifier->take(job.range);
  check_memory(*classifier, images, *attack, threads);
  const Wanted wanted = wanted_of(line, *classifier, images, threads);
  const Goal& goal = wanted.goal;

  const KeptBatches kept(job.out + ".batches", order_of(job, canonical, *classifier, images, goal));
  warnings.add(suspicions(*classifier, images, goal, attack->needs_gradient()));
  const auto progress = make_progress(line.common().quiet);
  progress->begin(canonical, static_cast<std::size_t>(images.size(0)));
  const AttackReport report((*attack)(*classifier, images, goal, *progress, &kept, threads), goal, wanted.before);
  progress->end();
  write_array(job.out, array_of(job.range.from_unit(report.result().images)));
  if (job.out_first) write_array(*job.out_first, array_of(job.range.from_unit(report.result().first)));
  if (job.out_rows) write_npz(*job.out_rows, report.rows());
  const auto more = weaker_with_more_steps(job.attack, *classifier, images, goal, report.result(), *progress);
  kept.discard();  // not before the check, which an interrupt may end
  if (more) warnings.add(*more);
  const AttackNames names{canonical, job.model, job.images, job.out, job.out_rows, wanted.target};
  record_attack(names, report, *classifier, images);
  warnings.record();
  if (line.flag("json")) {
    print_attack_json(names, report, warnings.all());
  } else {
    print_attack(names, report);
  }
  return 0;
}

const RegisterCommand registered(
    {"attack",
     "attack SPEC --model MODEL --images X.npy [--labels Y.npy] [--targets T.npy | --target CLASS|next|random] "
     "--out ADV.npy [--out-rows ROWS.npz] [--strict] [--json]",
     "makes adversarial images and prints accuracies, success rate and distances", run});

}  // namespace
}  // namespace deepmine
