#include <fmt/ranges.h>

#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "framework/app/command.h"
#include "framework/app/input_file.h"
#include "framework/app/json_output.h"
#include "framework/app/standard_streams.h"
#include "framework/app/tensor_file.h"
#include "framework/app/terminal_progress.h"
#include "framework/app/warnings.h"
#include "framework/core/error.h"
#include "framework/core/flat_json.h"
#include "framework/core/memory.h"
#include "framework/detect/group_detector.h"
#include "framework/detect/perturbed.h"
#include "framework/detect/rows.h"
#include "framework/model/doubt.h"
#include "framework/model/pass_memory.h"

namespace deepmine {
namespace {

namespace po = boost::program_options;

constexpr const char* kCleanScores = "scores of clean inputs";
constexpr const char* kMemoryCure = "give fewer --threads or fewer inputs at a time, or a machine or job with more";

void add_options(CommandLine& line) {
  const std::string known = fmt::format("detector and its options, odin:temperature=1000; known: {}",
                                        fmt::join(Registry<Detector>::instance().names(), ", "));
  line.add()("detector", text("SPEC"), known.c_str())(
      "model", text("MODEL"), "model file, NETWORK:weights=FILE.npz, or TorchScript file: a program, which "
      "loading runs with your permissions, so never an untrusted one")(
      "train", text("FILE"), "clean images [N,C,H,W] in [0,1] to learn from, of which nothing is evaluated")(
      "images", text("FILE"), "images to score")("range", text("LOW,HIGH"), kRangeHelp)(
      "layer", text("NAME"), "for detectors of whatever layer they are given (subset-scan): which one; see deepmine "
      "activations --layers")(
      "train-features", text("FILE"), "or, without a model: values of clean inputs [inputs x nodes], of the layer "
      "that the detector reads; for msp, odin, mahalanobis, energy, max-logit and margin the logits")(
      "features", text("FILE"), "and values of the inputs to score")(
      "train-labels", text("FILE"), "classes of the clean inputs (default: the predicted ones; of other values than "
      "logits: one class)")(
      "predicted", text("FILE"), "with --features: the predicted class of each input to score (default: of logits the "
      "highest, of other values one class)")(
      "fpr", text("SHARE")->default_value("0.05"), "the share of the clean inputs that may lie above the threshold; "
      "of inputs that nothing was learnt from it is larger")(
      "adversarial", text("FILE"), "adversarial inputs to learn from beside the clean ones, for detectors that need "
      "them (kd-bu, relevant-neurons, lid of several layers): images, or with --features values")(
      "noisy", text("FILE"), "for the same, inputs with as much noise as attacks add, which are to count as clean")(
      "adversarial-predicted", text("FILE"), "with --features: the predicted class of each adversarial input")(
      "noisy-predicted", text("FILE"), "and of each noisy one")(
      "out", text("FILE"), "scores to write [inputs], float64 (.npy or .csv)")(
      "save", text("FILE"), "keep what was learnt (.npz)")("fitted", text("FILE"), "use what --save kept instead of "
      "learning")(
      "strict", po::bool_switch(), Warnings::kStrictHelp)("json", po::bool_switch(), "print one JSON object");
  add_csv_options(line);
  line.positional("detector", 1);
}

/// Which options stand for what is learnt from and what is scored: images of a model, or values.
struct Source {
  bool images;
  std::string clean, scored;

  explicit Source(const CommandLine& line) : images(!line.has("features")) {
    for (const char* option : {"model", "train", "images", "range", "layer"}) line.exclude("features", option);
    for (const char* option : {"train-features", "predicted", "adversarial-predicted", "noisy-predicted"}) {
      ensure(!images || !line.has(option), "--{}: expected --features with it, found none", option);
    }
    for (const std::string option : {"adversarial", "noisy"}) {
      line.exclude("fitted", option);
      ensure(line.has(option) || !line.has(option + "-predicted"), "--{}-predicted: expected --{} with it, found none",
             option, option);
    }
    clean = images ? "train" : "train-features";
    scored = images ? "images" : "features";
    line.exclude("fitted", clean);
    line.exclude("fitted", "train-labels");
    ensure(line.has(clean) || !line.has("train-labels"), "--train-labels: expected --{} with it, found none", clean);
    line.exclude("fitted", "save");
    line.required(scored);
  }
};

torch::Tensor read_values(const std::string& file, const CsvLayout& csv) {
  const Array array = read_array(file, csv);
  ensure(array.shape.size() == 2 && array.size() > 0, "{}: expected values [inputs x nodes], found {}", file,
         array.description());
  auto values = values_as<double>(array, file);
  const bool single = std::holds_alternative<std::vector<float>>(array.values);
  const auto rows = static_cast<std::int64_t>(array.shape[0]), cols = static_cast<std::int64_t>(array.shape[1]);
  const torch::Tensor tensor = torch::from_blob(values.data(), {rows, cols}, torch::kFloat64);
  ensure(torch::isfinite(tensor).all().item<bool>(), "{}: expected finite numbers, found NaN or infinity", file);
  return single ? tensor.to(torch::kFloat32) : tensor.clone();
}

/// Reads what a command names, and what becomes doubtful by it.
class Reader {
 public:
  Reader(const CommandLine& line, const Source& source, const Detector& detector, int threads, Progress& progress,
         Warnings& warnings)
      : line_(line), source_(source), detector_(detector), threads_(threads), progress_(progress), warnings_(warnings) {
    if (!source.images) return;
    if (line.has("range")) range_ = PixelRange::parse(line.required("range"), "--range");
    classifier_ = load_classifier(line.required("model"));
    classifier_->take(range_);
    check_layers();
  }

  Inputs clean() const {
    Inputs inputs = read(source_.clean, "clean inputs");
    if (line_.has("train-labels")) {
      inputs.labels = read_classes(line_.required("train-labels"), inputs.size(), csv_of(line_));
    }
    if (!source_.images && !detector_.reads_logits()) {
      inputs.predict(inputs.labels.defined() ? inputs.labels : torch::zeros({inputs.size()}, torch::kInt64));
    }
    return inputs;
  }

  /// Checksum of the model's weights; empty for values.
  std::string model() const { return classifier_ ? classifier_->sha256() : std::string(); }

  Inputs scored() const { return others(source_.scored, "inputs", "predicted"); }

  /// Those of an option, with the classes that another one names; clean ones are read by `clean`.
  Inputs others(const std::string& option, const std::string& what, const std::string& classes) const {
    const bool wants_classes = !source_.images && !detector_.reads_logits();
    ensure(!wants_classes || !line_.has("train-labels") || line_.has(classes),
           "--{}: expected the classes of --{} beside those of --train-labels, found none", classes, option);
    Inputs inputs = read(option, what);
    if (line_.has(classes)) {
      inputs.predict(read_classes(line_.required(classes), inputs.size(), csv_of(line_)));
    } else if (wants_classes) {
      inputs.predict(torch::zeros({inputs.size()}, torch::kInt64));
    }
    return inputs;
  }

 private:
  void check_layers() const {
    for (const Feature& feature : detector_.features()) classifier_->check_layers({feature.layer});
  }

  Inputs read(const std::string& option, const std::string& what) const {
    const std::string file = line_.required(option);
    if (!source_.images) return Inputs(read_values(file, csv_of(line_)));
    ensure_memory(held_memory() + kLibraryMemory + reading_memory(image_bytes(file)), kMemoryCure);
    const ImageFile found = read_images(file, range_);
    warnings_.add(found.warnings);
    const torch::Tensor one = found.images.slice(0, 0, 1);
    ensure_memory(held_memory() + scoring_memory(*classifier_, one, found.images.size(0), threads_), kMemoryCure);
    warnings_.add(doubts_about(*classifier_, found.images));
    Inputs inputs(*classifier_, found.images, what, progress_, threads_);
    if (!detector_.features().empty()) inputs.require(detector_.features());
    return inputs;
  }

  const CommandLine& line_;
  const Source& source_;
  const Detector& detector_;
  int threads_;
  Progress& progress_;
  Warnings& warnings_;
  PixelRange range_;
  std::unique_ptr<Classifier> classifier_;
};

/// A detector that can score, with the scores of the clean inputs; none of these where it had none to see.
struct Fitted {
  std::unique_ptr<Detector> detector;
  std::string canonical;
  std::vector<double> clean;

  std::string layer = {}, model = {};  ///< the layer the command named; the weights' checksum; empty for none

  void save(const std::string& file) const {
    Npz content = detector->learnt();
    content.texts["detector"] = Json{{"detector", canonical}, {"layer", layer}, {"model", model}}.dump();
    content.arrays[kCleanScores] = {{clean.size()}, clean};
    write_npz(file, content);
  }

  void load(const std::string& file) {
    NpzReader archive(std::filesystem::path(file), file);
    ensure(archive.texts().count("detector") > 0 && archive.arrays().count(kCleanScores) > 0,
           "{}: expected a detector that --save kept, found another archive", file);
    const auto found = parse_flat_json(archive.text("detector"), file);
    const std::map<std::string, std::string> expected{{"detector", canonical}, {"layer", layer}, {"model", model}};
    for (const auto& [key, here] : expected) {
      const auto there = found.find(key);
      ensure(there != found.end() && there->second == here, "{}: expected {} {}, found {}; give what --save had", file,
             key, here.empty() ? "none" : here, there == found.end() || there->second.empty() ? "none" : there->second);
    }
    Npz learnt;
    for (const auto& [name, place] : archive.arrays()) learnt.arrays[name] = archive.array(name);
    detector->restore(learnt);
    clean = values_as<double>(learnt.arrays.at(kCleanScores), file);
    ensure(!clean.empty() && std::none_of(clean.begin(), clean.end(), [](double score) { return std::isnan(score); }),
           "{}: expected scores of clean inputs, found none, or NaN", file);
  }
};

Fitted detector_of(const CommandLine& line) {
  const Spec spec = Spec::parse(line.required("detector"));
  const auto& registry = Registry<Detector>::instance();
  Fitted fitted{registry.make(spec), registry.canonical(spec), {}};
  if (line.has("layer")) fitted.layer = line.required("layer");
  auto* of_groups = dynamic_cast<GroupDetector*>(fitted.detector.get());
  ensure(of_groups != nullptr || !line.has("layer"),
         "--layer: expected a detector of whatever layer it is given, found {}; see deepmine describe {}",
         spec.name, spec.name);
  if (of_groups != nullptr && line.has("layer")) of_groups->read({line.required("layer")});
  return fitted;
}

double fpr_of(const CommandLine& line) {
  const double fpr = line.real("fpr");
  ensure(fpr >= 0 && fpr < 1, "--fpr: expected a share of at least 0 and below 1, found {}", fpr);
  return fpr;
}

/// The lowest of the clean inputs' scores that at most the share `fpr` of them lie above.
double threshold_of(std::vector<double> clean, double fpr) {
  const auto share = [&](std::size_t inputs) {
    return static_cast<double>(inputs) / static_cast<double>(clean.size());
  };
  auto above = static_cast<std::size_t>(fpr * static_cast<double>(clean.size()));
  while (above + 1 < clean.size() && share(above + 1) <= fpr) ++above;  // the product rounds
  const auto place = clean.begin() + static_cast<std::ptrdiff_t>(clean.size() - 1 - above);
  std::nth_element(clean.begin(), place, clean.end());
  return *place;
}

struct Found {
  std::vector<double> scores;
  std::optional<double> threshold;
  std::vector<std::size_t> anomalous;
};

Found found_of(const CommandLine& line, const Fitted& fitted, std::vector<double> scores) {
  Found found{std::move(scores), {}, {}};
  if (fitted.clean.empty()) return found;
  found.threshold = threshold_of(fitted.clean, fpr_of(line));
  for (std::size_t i = 0; i < found.scores.size(); ++i) {
    if (found.scores[i] > *found.threshold) found.anomalous.push_back(i);
  }
  return found;
}

void print(const CommandLine& line, const Fitted& fitted, const Found& found, const Warnings& warnings) {
  if (line.flag("json")) {
    Json json{{"detector", fitted.canonical}, {"scores", found.scores}, {"threshold", json_of(found.threshold)},
              {"anomalous", found.anomalous}};
    if (!warnings.all().empty()) json["warnings"] = warnings.all();
    return print_json(json);
  }
  if (!line.has("out")) {
    for (const double score : found.scores) fmt::print(results(), "{}\n", score);
    return;
  }
  const std::string above =
      found.threshold ? fmt::format("{} above {}, the threshold for a false positive rate of {} on the clean inputs",
                                    found.anomalous.size(), *found.threshold, fpr_of(line))
                      : "no threshold without clean inputs";
  fmt::print(results(), "{}  {} inputs by {}; {}\n", line.required("out"), found.scores.size(), fitted.canonical,
             above);
}

void check_outputs(const CommandLine& line, const Source& source) {
  std::vector<std::filesystem::path> inputs;
  for (const std::string& option :
       {source.clean, source.scored, std::string("train-labels"), std::string("predicted"), std::string("fitted"),
        std::string("model"), std::string("adversarial"), std::string("noisy"), std::string("adversarial-predicted"),
        std::string("noisy-predicted")}) {
    if (line.has(option)) inputs.emplace_back(line.required(option));
  }
  if (line.has("out")) check_output("--out", line.required("out"), {".npy", ".csv"}, inputs);
  if (line.has("save")) check_output("--save", line.required("save"), {".npz"}, inputs);
}

/// Throws `Error` where the detector wants other inputs to learn from than the command names.
void check_needs(const CommandLine& line, const Fitted& fitted) {
  const Needs needs = fitted.detector->needs();
  ensure(needs.adversarial || !line.has("adversarial"),
         "--adversarial: expected a detector that learns from adversarial inputs, found {}", fitted.canonical);
  ensure(needs.noisy || !line.has("noisy"), "--noisy: expected a detector that learns from noisy inputs, found {}",
         fitted.canonical);
  ensure(!needs.adversarial || line.has("adversarial") || line.has("fitted"),
         "expected --adversarial, inputs that {} learns from, found none", fitted.canonical);
}

void fit(const CommandLine& line, const Source& source, const Reader& reader, int threads, Fitted& fitted) {
  if (line.has("fitted")) return fitted.load(line.required("fitted"));
  if (!fitted.detector->learns() && !line.has(source.clean)) {
    ensure(!line.given("fpr"), "--fpr: expected --{} with it, whose scores give the threshold, found none",
           source.clean);
    ensure(!line.has("save"), "--save: expected --{} with it, found none; there is nothing to keep", source.clean);
    return;
  }
  const Inputs clean = reader.clean();
  const auto others = [&](const std::string& option) {
    return line.has(option) ? std::optional<Inputs>(reader.others(option, option + " inputs", option + "-predicted"))
                            : std::nullopt;
  };
  const std::optional<Inputs> adversarial = others("adversarial"), noisy = others("noisy");
  fitted.detector->fit({clean, adversarial ? &*adversarial : nullptr, noisy ? &*noisy : nullptr},
                       Seed(line.common().seed).child("detect"), threads);
  fitted.clean = fitted.detector->scores_of_learnt(clean, threads);
  if (line.has("save")) fitted.save(line.required("save"));
}

int run(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  add_options(line);
  if (!line.parse(words)) return 0;
  Fitted fitted = detector_of(line);
  const Source source(line);
  fpr_of(line);
  check_needs(line, fitted);
  check_outputs(line, source);
  const int threads = set_up_torch(line.common().threads);
  Warnings warnings(line.flag("strict"));
  const auto progress = make_progress(line.common().quiet);
  const Reader reader(line, source, *fitted.detector, threads, *progress, warnings);
  fitted.model = reader.model();
  fit(line, source, reader, threads, fitted);
  warnings.add(fitted.detector->doubts());
  const Found found = found_of(line, fitted, fitted.detector->score(reader.scored(), threads).values);
  if (line.has("out")) write_array(line.required("out"), {{found.scores.size()}, found.scores});
  warnings.record();
  print(line, fitted, found, warnings);
  return 0;
}

const RegisterCommand registered(
    {"detect", "detect SPEC (--model M --train X.npy --images E.npy | --train-features F.npy --features E.npy) "
     "[--train-labels Y.npy] [--predicted P.npy] [--adversarial A.npy] [--noisy N.npy] [--layer NAME] [--fpr 0.05] "
     "[--out S.npy] [--save D.npz | --fitted D.npz] [--json]",
     "fits a detector on clean inputs and scores others", run});

}  // namespace
}  // namespace deepmine
