#include "framework/attack/attack.h"

#include <fmt/ranges.h>

#include "framework/app/command.h"
#include "framework/app/input_file.h"
#include "framework/app/json_output.h"
#include "framework/app/tensor_file.h"
#include "framework/app/terminal_progress.h"
#include "framework/core/error.h"

namespace deepmine {
namespace {

namespace po = boost::program_options;

void add_options(CommandLine& line) {
  const std::string known =
      fmt::format("attack and its options, bim:epsilon=0.02,steps=10; known: {}",
                  fmt::join(Registry<Attack>::instance().names(), ", "));
  line.add()("attack", text("SPEC"), known.c_str())(
      "model", text("MODEL"), "model file, TorchScript file, or NETWORK:weights=FILE.npz")(
      "images", text("FILE"), "images to attack [N,C,H,W] in [0,1]")(
      "labels", text("FILE"), "classes to get away from (default: what the model takes them for)")(
      "targets", text("FILE"), "classes to be taken for, one per image")(
      "target", text("CLASS"), "the class all images are to be taken for")(
      "out", text("FILE"), "adversarial images to write, float32 (.npy)")("json", po::bool_switch(),
                                                                          "print one JSON object");
  line.positional("attack", 1);
}

/// What the command was asked to do, checked before any model is loaded.
struct Job {
  Spec attack;
  std::string model, images, out;

  explicit Job(const CommandLine& line)
      : attack(Spec::parse(line.required("attack"))),
        model(line.required("model")),
        images(line.required("images")),
        out(line.required("out")) {
    line.exclude("targets", "target");
    std::vector<std::filesystem::path> inputs{images, model};
    for (const char* option : {"labels", "targets"}) {
      if (line.has(option)) inputs.emplace_back(line.required(option));
    }
    check_output(out, {".npy"}, inputs);
  }
};

/// Labels only matter without targets; given with them they are checked and not used.
Goal goal_of(const CommandLine& line, Classifier& classifier, const torch::Tensor& images) {
  constexpr std::uint64_t kMostClasses = 1000000;
  const std::int64_t count = images.size(0);
  std::optional<torch::Tensor> labels;
  if (line.has("labels")) labels = read_classes(line.required("labels"), count);
  if (line.has("targets")) return Goal::towards(read_classes(line.required("targets"), count));
  if (line.has("target")) {
    const auto target = static_cast<std::int64_t>(line.whole_number("target", 0, kMostClasses));
    return Goal::towards(target, count);
  }
  return Goal::away_from(labels ? *labels : predict(classifier, images));
}

double mean_of(const torch::Tensor& values) {
  return values.to(torch::kFloat64).mean().item<double>();
}

Json json_of(const std::string& attack, const Job& job, const Goal& goal,
             const AttackResult& result) {
  return {{"attack", attack},
          {"model", job.model},
          {"out", job.out},
          {"inputs", result.images.size(0)},
          {"targeted", goal.targeted},
          {"success_rate", result.success_rate()},
          {"mean_l0", mean_of(result.l0)},
          {"mean_l2", mean_of(result.l2)},
          {"mean_linf", mean_of(result.linf)}};
}

void print(const std::string& attack, const Job& job, const Goal& goal,
           const AttackResult& result) {
  fmt::print("attack        {}\n", attack);
  fmt::print("goal          {}\n", goal.targeted ? "targeted" : "untargeted");
  fmt::print("success rate  {:.4f} of {} images\n", result.success_rate(), result.images.size(0));
  fmt::print("mean L0       {:.1f} values\n", mean_of(result.l0));
  fmt::print("mean L2       {:.6f}\nmean Linf     {:.6f}\n", mean_of(result.l2),
             mean_of(result.linf));
  fmt::print("images        {}\n", job.out);
}

int run(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  add_options(line);
  if (!line.parse(words)) return 0;
  const Job job(line);
  const auto attack = Registry<Attack>::instance().make(job.attack);
  const std::string canonical = Registry<Attack>::instance().canonical(job.attack);
  set_up_torch(line.common().threads);
  const torch::Tensor images = read_images(job.images);
  const auto classifier = load_classifier(job.model);
  const Goal goal = goal_of(line, *classifier, images);

  const auto progress = make_progress(line.common().quiet);
  progress->begin(canonical, static_cast<std::size_t>(images.size(0)));
  const AttackResult result = (*attack)(*classifier, images, goal, *progress);
  progress->end();
  write_array(job.out, array_of(result.images));
  if (line.flag("json")) {
    print_json(json_of(canonical, job, goal, result));
  } else {
    print(canonical, job, goal, result);
  }
  return 0;
}

const RegisterCommand registered(
    {"attack",
     "attack SPEC --model MODEL --images X.npy [--labels Y.npy] [--targets T.npy | --target CLASS] "
     "--out ADV.npy [--json]",
     "makes adversarial images and prints success rate and distances", run});

}  // namespace
}  // namespace deepmine
