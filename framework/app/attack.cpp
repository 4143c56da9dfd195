#include "framework/attack/attack.h"

#include <fmt/ranges.h>
#include <torch/version.h>

#include <algorithm>

#include "framework/app/command.h"
#include "framework/app/input_file.h"
#include "framework/app/json_output.h"
#include "framework/app/tensor_file.h"
#include "framework/app/terminal_progress.h"
#include "framework/attack/kept_batches.h"
#include "framework/attack/suspicion.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/memory.h"
#include "framework/model/pass_memory.h"
#include "framework/run/provenance.h"

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
      "range", text("LOW,HIGH"), "the pixels that the images have and the model takes, instead of [0,1]; options of "
      "the attack stay in units of [0,1]")(
      "labels", text("FILE"), "classes to get away from (default: what the model takes them for)")(
      "targets", text("FILE"), "classes to be taken for, one per image")(
      "target", text("CLASS"), "the class all images are to be taken for; next: the one after their own; random: any "
      "but their own, drawn from --seed")(
      "out", text("FILE"), "adversarial images to write, float32 (.npy)")(
      "out-first", text("FILE"), "of attacks that go on after it, such as bim-b: the first iterates that met the goal (.npy)")(
      "json", po::bool_switch(), "print one JSON object");
  line.positional("attack", 1);
}

PixelRange range_of(const std::string& text) {
  const std::size_t comma = text.find(',');
  ensure(comma != std::string::npos, "--range: expected LOW,HIGH, found \"{}\"", text);
  const PixelRange range{parse_real(text.substr(0, comma), "--range"), parse_real(text.substr(comma + 1), "--range")};
  ensure(range.low < range.high, "--range: expected LOW below HIGH, found \"{}\"", text);
  return range;
}

/// What the command line says of the attack: `--seed` is the attack's own where it has one.
Spec attack_of(const CommandLine& line) {
  Spec spec = Spec::parse(line.required("attack"));
  const bool draws = Registry<Attack>::instance().describe(spec.name).has_option("seed");
  if (draws && line.given("seed")) spec.values.emplace("seed", std::to_string(line.common().seed));
  return spec;
}

/// What the command was asked to do, checked before any model is loaded.
struct Job {
  Spec attack;
  std::string model, images, out;
  std::optional<std::string> out_first;
  PixelRange range;

  explicit Job(const CommandLine& line)
      : attack(attack_of(line)),
        model(line.required("model")),
        images(line.required("images")),
        out(line.required("out")) {
    line.exclude("targets", "target");
    std::vector<std::filesystem::path> inputs{images, model};
    for (const char* option : {"labels", "targets"}) {
      if (line.has(option)) inputs.emplace_back(line.required(option));
    }
    check_output("--out", out, {".npy"}, inputs);
    if (line.has("out-first")) {
      out_first = line.required("out-first");
      ensure(Registry<Attack>::instance().make(attack)->yields_first(),
             "--out-first: expected an attack that goes on after its first success, such as bim-b, found {}", attack.name);
      ensure(std::filesystem::weakly_canonical(*out_first) != std::filesystem::weakly_canonical(out),
             "--out-first: expected another file than --out, found \"{}\" twice", out);
      check_output("--out-first", *out_first, {".npy"}, inputs);
    }
    if (line.has("range")) range = range_of(line.required("range"));
  }
};

constexpr const char* kMemoryCure = "attack fewer images at a time, or give it a machine or job with more";

/// Beside the images given: those made, batch by batch and in one, their differences from those given, and as whole numbers
/// which of these are none.
std::uint64_t result_memory(std::uint64_t images, const Attack& attack) { return (attack.yields_first() ? 8 : 6) * images; }

void check_memory(Classifier& classifier, const torch::Tensor& images, const Attack& attack) {
  const PassMemory pass = pass_memory(classifier, images.slice(0, 0, 1));
  const std::uint64_t batch = static_cast<std::uint64_t>(images_at_once(images[0])) *
                              (attack.needs_gradient() ? pass.with_gradient : pass.forward);
  ensure_memory(held_memory() + kLibraryMemory + batch + result_memory(images.nbytes(), attack), kMemoryCure);
}

/// The images in [0,1], whatever their range in the file.
torch::Tensor images_of(const Job& job) {
  if (job.range.is_unit()) return read_images(job.images);
  const torch::Tensor images = read_images(job.images, true);
  const double low = images.min().item<double>(), high = images.max().item<double>();
  const double rounding = 1e-6 * (job.range.high - job.range.low);  // float32 does not hold every bound
  ensure(low >= job.range.low - rounding && high <= job.range.high + rounding, "{}: expected pixels in the range {} to {} of --range, found "
         "{:.4g} to {:.4g}", job.images, job.range.low, job.range.high, low, high);
  return job.range.to_unit(images).clamp(0, 1);
}

/// Labels only matter without targets, or for those that depend on them; given they are checked.
Goal goal_of(const CommandLine& line, Classifier& classifier, const torch::Tensor& images) {
  constexpr std::uint64_t kMostClasses = 1000000;
  const std::int64_t count = images.size(0);
  std::optional<torch::Tensor> given;
  const auto n_classes = [&] {
    torch::NoGradGuard no_gradient;
    return classifier.logits(images.slice(0, 0, 1)).size(1);
  };
  if (line.has("labels")) {
    given = read_classes(line.required("labels"), count);
    const auto low = given->min().item<std::int64_t>(), high = given->max().item<std::int64_t>();
    ensure(low >= 0 && high < n_classes(), "{}: expected classes 0 to {}, found {} to {}", line.required("labels"),
           n_classes() - 1, low, high);
  }
  if (line.has("targets")) return Goal::towards(read_classes(line.required("targets"), count));
  const std::string target = line.has("target") ? line.required("target") : "";
  if (!target.empty() && target != "next" && target != "random") {
    ensure(target.find_first_not_of("-0123456789") == std::string::npos,
           "--target: expected next, random or a class, found \"{}\"", target);
    return Goal::towards(static_cast<std::int64_t>(line.whole_number("target", 0, kMostClasses)), count);
  }
  const torch::Tensor labels = given ? *given : predict(classifier, images);
  if (target.empty()) return Goal::away_from(labels);
  ensure(n_classes() >= 2, "expected a classifier of at least 2 classes, found {}", n_classes());
  return target == "next" ? Goal::towards_next(labels, n_classes())
                          : Goal::towards_random(labels, n_classes(), line.common().seed);
}

/// Everything the images depend on; another program, or other threads, may round otherwise.
std::string order_of(const Job& job, const std::string& attack, const Classifier& classifier,
                     const torch::Tensor& images, const Goal& goal, int threads) {
  const auto digest = [](const torch::Tensor& tensor) {
    const torch::Tensor values = tensor.contiguous();
    return sha256({static_cast<const char*>(values.data_ptr()), values.nbytes()});
  };
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {}", attack, classifier.sha256(), job.range.low, job.range.high,
                     fmt::join(images.sizes(), "x"), digest(images), goal.targeted, digest(goal.classes), code_version(),
                     TORCH_VERSION, threads);
}

/// Told, not refused: the user may know.
void warn(const std::string& warning) { fmt::print(stderr, "deepmine: warning: {}\n", warning); }

double mean_of(const torch::Tensor& values) {
  return values.to(torch::kFloat64).mean().item<double>();
}

Json json_of(const std::string& attack, const Job& job, const Goal& goal, const AttackResult& result,
             const std::vector<std::string>& warnings) {
  return {{"attack", attack},
          {"model", job.model},
          {"out", job.out},
          {"inputs", result.images.size(0)},
          {"targeted", goal.targeted},
          {"success_rate", result.success_rate()},
          {"mean_l0", mean_of(result.l0)},
          {"mean_l2", mean_of(result.l2)},
          {"mean_linf", mean_of(result.linf)},
          {"mean_gradients", mean_of(result.gradients)},
          {"mean_queries", mean_of(result.queries)},
          {"warnings", warnings}};
}

void print(const std::string& attack, const Job& job, const Goal& goal,
           const AttackResult& result) {
  fmt::print("attack        {}\n", attack);
  fmt::print("goal          {}\n", goal.targeted ? "targeted" : "untargeted");
  fmt::print("success rate  {:.4f} of {} images\n", result.success_rate(), result.images.size(0));
  fmt::print("mean L0       {:.1f} values\n", mean_of(result.l0));
  fmt::print("mean L2       {:.6f}\nmean Linf     {:.6f}\n", mean_of(result.l2),
             mean_of(result.linf));
  fmt::print("gradients     {:.1f} an image\n", mean_of(result.gradients));
  fmt::print("queries       {:.1f} an image\n", mean_of(result.queries));
  fmt::print("images        {}\n", job.out);
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
  const torch::Tensor images = images_of(job);
  const auto classifier = load_classifier(job.model);
  classifier->take(job.range);
  check_memory(*classifier, images, *attack);
  const Goal goal = goal_of(line, *classifier, images);

  const KeptBatches kept(job.out + ".batches", order_of(job, canonical, *classifier, images, goal, threads));
  std::vector<std::string> warnings = suspicions(*classifier, images, goal, attack->needs_gradient());
  for (const std::string& warning : warnings) warn(warning);
  const auto progress = make_progress(line.common().quiet);
  progress->begin(canonical, static_cast<std::size_t>(images.size(0)));
  const AttackResult result = (*attack)(*classifier, images, goal, *progress, &kept);
  progress->end();
  write_array(job.out, array_of(job.range.from_unit(result.images)));
  if (job.out_first) write_array(*job.out_first, array_of(job.range.from_unit(result.first)));
  if (const auto line_more = weaker_with_more_steps(job.attack, *classifier, images, goal, result, *progress)) {
    warn(*line_more);
    warnings.push_back(*line_more);
  }
  kept.discard();  // not before the check, which an interrupt may end
  if (line.flag("json")) {
    print_json(json_of(canonical, job, goal, result, warnings));
  } else {
    print(canonical, job, goal, result);
  }
  return 0;
}

const RegisterCommand registered(
    {"attack",
     "attack SPEC --model MODEL --images X.npy [--labels Y.npy] [--targets T.npy | --target CLASS|next|random] "
     "--out ADV.npy [--json]",
     "makes adversarial images and prints success rate and distances", run});

}  // namespace
}  // namespace deepmine
