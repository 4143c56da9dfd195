#include <unistd.h>

#include <algorithm>
#include <optional>

#include "framework/app/command.h"
#include "framework/app/input_file.h"
#include "framework/app/standard_streams.h"
#include "framework/app/terminal_progress.h"
#include "framework/app/training_start.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/memory.h"
#include "framework/model/model_file.h"
#include "framework/model/network.h"
#include "framework/model/pass_memory.h"
#include "framework/model/training.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

struct Job {
  TrainingStart start;
  std::string dataset, recipe;
  fs::path out;
};

/// The network's spec with channels, size and classes taken from the data unless the user set them.
Spec fitted(Spec spec, const Dataset& data) {
  const auto known = Spec::parse(Registry<Network>::instance().canonical({spec.name, {}})).values;
  const std::pair<const char*, std::size_t> facts[] = {
      {"channels", static_cast<std::size_t>(data.images.size(1))},
      {"size", static_cast<std::size_t>(data.images.size(2))},
      {"classes", data.class_names.size()}};
  for (const auto& [key, value] : facts) {
    if (known.count(key) > 0) spec.values.emplace(key, std::to_string(value));
  }
  return Spec::parse(Registry<Network>::instance().canonical(spec));
}

std::string line_of(const EpochReport& report) {
  const double left = report.seconds * static_cast<double>(report.epochs - report.epoch);
  const std::string accuracy =
      report.accuracy ? fmt::format("  accuracy {:.4f}", *report.accuracy) : std::string();
  return fmt::format("epoch {:3}/{}  loss {:.4f}{}  rate {:.6f}  {:.1f} s  {:.0f} min left", report.epoch,
                     report.epochs, report.loss, accuracy, report.rate, report.seconds, left / 60);
}

/// Weights, their gradients and up to two numbers of the optimizer for each, and a batch on its way forth and back.
void check_memory(Network& network, const Dataset& data, const Recipe& recipe) {
  std::uint64_t weights = 0;
  for (const torch::Tensor& weight : network.parameters()) weights += weight.nbytes();
  const std::int64_t batch = std::min(recipe.batch, data.size()) + (recipe.exposes() ? recipe.outlier_batch : 0);
  const auto images = static_cast<std::uint64_t>(batch);
  const std::uint64_t passes = images * pass_memory(network, data.pixels(0, 1)).with_gradient;
  ensure_memory(held_memory() + kLibraryMemory + 4 * weights + passes,
                "lower batch in the recipe, or give it a machine or job with more");
}

std::string start_line(const TrainingPlace& place, const std::string& identity) {
  if (place.steps > 0) return fmt::format("continuing after {} steps of epoch {}", place.steps, place.epochs + 1);
  return place.epochs > 0 ? fmt::format("continuing after epoch {}", place.epochs) : "training " + identity;
}

/// Log lines go to stderr and, with the epoch's numbers, to a file that a restart continues.
class TrainingLog {
 public:
  TrainingLog(fs::path file, bool quiet) : file_(std::move(file)), quiet_(quiet) {
    if (fs::exists(file_)) text_ = read_file(file_);
  }
  void add(const std::string& line) {
    if (!quiet_) log_line(line);
    text_ += line + "\n";
    write_file(file_, text_);
  }

 private:
  fs::path file_;
  bool quiet_;
  std::string text_;
};

/// Users' folders of images may have any shapes.
void check_images(const Dataset& data, const Dataset& test) {
  const auto train_shape = data.images.sizes().slice(1), test_shape = test.images.sizes().slice(1);
  ensure(train_shape == test_shape && train_shape[1] == train_shape[2],
         "{}: expected square images of one shape to train on and to test on, found {} and {}", data.name,
         fmt::join(train_shape, " x "), fmt::join(test_shape, " x "));
}

/// What the recipe wants the network to be unsure of.
std::optional<Dataset> load_outliers(const Recipe& recipe, const DataFolders& folders) {
  if (!recipe.exposes()) return std::nullopt;
  return load_dataset(recipe.outlier_set().text(), recipe.outlier_part == "test" ? Part::kTest : Part::kTrain, folders);
}

/// The network to begin with: made for the data, or as a training before left it.
std::shared_ptr<Network> first_network(const TrainingStart& start, const Spec& spec, const Dataset& data, Seed seed) {
  if (start.trained) return trainable(start, data);
  auto network = make_network(spec, seed.child("initial weights"));
  network->fit_preprocessing(data.images);
  return network;
}

/// All that a training's weights hang on.
std::string identity_of(const ModelFacts& facts) {
  const auto part = [&](const char* key, std::string_view form) {
    const auto found = facts.find(key);
    return found == facts.end() ? std::string() : fmt::format(form, found->second.substr(0, 12));
  };
  return fmt::format("{}{} on {}{}, {}{}, seed {}, {} threads", facts.at("network"), part("from_sha256", " from {}"),
                     facts.at("dataset"), part("dataset_sha256", " ({})"), facts.at("recipe"),
                     part("outliers_sha256", " (outliers {})"), facts.at("seed"), facts.at("threads"));
}

int train(const Job& job, const CommonOptions& common) {
  check_output("--out", job.out, {".npz"}, job.start.files);
  const Recipe recipe = parse_recipe(job.recipe);
  const int threads = set_up_training(common.threads);
  const DataFolders folders(common.data);
  const Dataset data = load_dataset(job.dataset, Part::kTrain, folders);
  const Dataset test = load_dataset(job.dataset, Part::kTest, folders);
  check_images(data, test);
  const std::optional<Dataset> outliers = load_outliers(recipe, folders);
  if (!job.start.reconstructs()) require_labels(data, "train");
  const Spec spec = job.start.trained ? job.start.network : fitted(job.start.network, data);
  const Seed seed = Seed(common.seed).child("train");
  const auto network = first_network(job.start, spec, data, seed);
  check_memory(*network, data, recipe);
  ModelFacts facts{{"network", spec.text()}, {"dataset", data.name}, {"dataset_sha256", data.sha256},
                   {"recipe", canonical_recipe(job.recipe)}, {"seed", std::to_string(common.seed)},
                   {"threads", std::to_string(threads)}};
  facts.insert(job.start.facts.begin(), job.start.facts.end());
  if (outliers) facts.emplace("outliers_sha256", outliers->sha256);

  TrainingLog log(job.out.string() + ".log", common.quiet);
  Training training(network, data, recipe, seed, job.out.string() + ".training", outliers ? &*outliers : nullptr);
  const std::string identity = identity_of(facts);
  log.add(start_line(training.resume(identity), identity));
  // Away from a terminal the line per epoch is progress enough.
  const auto progress = make_progress(common.quiet || isatty(STDERR_FILENO) == 0);
  training.run([&](const EpochReport& report) { log.add(line_of(report)); }, *progress);

  const std::string measure = network->reconstructs() ? "loss" : "accuracy";
  const std::string reached =
      fmt::format("{:.4f}", network->reconstructs() ? reconstruction_loss(*network, test) : accuracy(*network, test));
  log.add(fmt::format("test {} {} ({} images, last epoch)", measure, reached, test.size()));
  facts.emplace(measure, reached);
  save_model(job.out, *network, facts);
  fs::remove(job.out.string() + ".training");
  fmt::print(results(), "{}  test {} {}  sha256 {}\n", job.out.string(), measure, reached, sha256_of_written(job.out));
  return 0;
}

int run(const std::vector<std::string>& words, const Command& self) {
  namespace po = boost::program_options;
  CommandLine line(self);
  line.add()("network", po::value<std::string>()->value_name("SPEC"),
             "network, e.g. resnet20, or a model of ours to train on, FILE.npz or NETWORK:weights=FILE.npz")(
      "dataset", po::value<std::string>()->value_name("SPEC"), "dataset to train on, e.g. cifar10")(
      "out", po::value<std::string>()->value_name("MODEL"), "model file to write (.npz)")(
      "recipe", po::value<std::string>()->value_name("SPEC"),
      "fast, paper, plain, autoencoder or oe, with overrides: paper:epochs=200, oe:outliers=emnist-letters (default: "
      "autoencoder for one, else fast)");
  line.positional("network", 1);
  if (!line.parse(words)) return 0;
  const TrainingStart start = training_start(line.required("network"));  // mistakes are told before data is read
  const std::string usual = start.reconstructs() ? "autoencoder" : "fast";
  const std::string recipe = line.has("recipe") ? line.required("recipe") : usual;
  return train({start, line.required("dataset"), recipe, line.required("out")}, line.common());
}

const RegisterCommand registered({"train", "train NETWORK|MODEL --dataset SPEC --out MODEL [--recipe SPEC]",
                                  "trains a network, new or trained before; continues from its own state after a stop",
                                  run});

}  // namespace
}  // namespace deepmine
