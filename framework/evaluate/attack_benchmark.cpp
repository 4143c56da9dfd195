#include "framework/evaluate/attack_benchmark.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "framework/attack/suspicion.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/kept_array.h"
#include "framework/core/memory.h"
#include "framework/detect/rows.h"
#include "framework/evaluate/attack_rows.h"
#include "framework/evaluate/attack_sources.h"
#include "framework/evaluate/matched_noise.h"
#include "framework/evaluate/pool_scans.h"
#include "framework/evaluate/set_examples.h"

namespace deepmine {
namespace {

constexpr std::int64_t kAtOnce = 1000;  ///< images that are classified to find those that are so rightly
constexpr std::int64_t kFoolingAtOnce = 50;  ///< fooling images that a kill may cost
constexpr const char* kRandomTarget = "random";

Array array_of(const torch::Tensor& images) {
  const torch::Tensor whole = images.contiguous();
  const float* begin = whole.data_ptr<float>();
  return {{whole.sizes().begin(), whole.sizes().end()}, std::vector<float>(begin, begin + whole.numel())};
}

/// Of images like one of `sizes` [1,C,H,W].
torch::Tensor images_of(const Array& array, at::IntArrayRef sizes) {
  const auto values = values_as<float>(array, "fooling images");
  return torch::tensor(at::ArrayRef<float>(values.data(), values.size())).view({-1, sizes[1], sizes[2], sizes[3]});
}

/// Whether an attack on images of so many values is bounded by how many of them it changes.
bool counts_values(const std::string& attack, std::int64_t n_values) {
  const auto budget = Registry<Attack>::instance().make(Spec::parse(attack))->budget(n_values);
  return budget && budget->norm == Norm::kL0;
}

/// The layer that a detector of classes reads beside the logits; none for other detectors.
std::optional<Feature> layer_within_class(const std::string& spec) {
  const auto detector = make_single_detector(Spec::parse(spec));
  const std::set<Feature> features = detector->features();
  return detector->within_class() && features.size() == 1 ? std::optional(*features.begin()) : std::nullopt;
}

std::string sha256_of(const torch::Tensor& numbers) {
  return sha256({static_cast<const char*>(numbers.data_ptr()), numbers.nbytes()});
}

}  // namespace

AttackBenchmark::AttackBenchmark(const AttackBenchmarkOptions& options, BenchmarkProtocol protocol, Workplace& place)
    : Benchmark(options.shared(), std::move(protocol), place), options_(options), planned_(options.planned()),
      shown_layer_(layer_within_class(options.detector)) {
  if (!planned_.empty() || options_.bred()) require_labels(test(), "an attack on images that are classified right");
  for (const PlannedAttack& plan : planned_) {
    const torch::Tensor image = test().pixels(0, 1);
    if (Registry<Attack>::instance().make(Spec::parse(plan.attack))->needs_gradient()) {
      check_differentiable(classifier(), image);
    }
    attack_doubts_.add(plan.attack, falls_short(Spec::parse(plan.attack), image.numel()));
  }
  attack_doubts_.tell(place);
}

void AttackBenchmark::write_inputs(UnitWriter& writer) const {
  Benchmark::write_inputs(writer);
  attack_doubts_.write(writer);
}

bool AttackBenchmark::learns_from_attacks() const {
  return make_single_detector(Spec::parse(options_.detector))->needs().adversarial;
}

/// An adversarial set is a unit: how many images it has is known once the clean ones are classified.
std::vector<Unit> AttackBenchmark::units() {
  std::vector<Unit> units = Benchmark::units();
  units.push_back({"examples", [this] { return examples(); }});
  for (const PlannedAttack& plan : planned_) {
    units.push_back({"scores / " + plan.attack, [this, &plan] { return score(plan); }});
  }
  if (options_.bred()) units.push_back({"scores / fooling", [this] { return score_fooling(); }});
  return units;
}

/// The first images of `begin` to `end` that are given their class, at most so many; 0: all. int64 [n].
torch::Tensor AttackBenchmark::classified_right(const Dataset& data, std::int64_t begin, std::int64_t end,
                                                std::int64_t most) {
  std::vector<std::int64_t> right;
  const auto wanted = static_cast<std::size_t>(most > 0 ? most : end - begin);
  for (std::int64_t first = begin; first < end && right.size() < wanted; first += kAtOnce) {
    const std::int64_t last = std::min(first + kAtOnce, end);
    const auto hits =
        predict(classifier(), data.pixels(first, last), place().threads) == data.labels.slice(0, first, last);
    for (const std::int64_t row : numbers_of<std::int64_t>(hits.nonzero().squeeze(1))) right.push_back(first + row);
  }
  right.resize(std::min(right.size(), wanted));
  ensure(!right.empty(),
         "expected images of {} that are classified right, to attack them, found none among {}; is it the right model "
         "for them?",
         data.name, end - begin);
  return torch::tensor(right, torch::kInt64);
}

/// Targets are drawn for every image of the dataset, so that those of an image hang on no others.
Goal AttackBenchmark::goal(const Dataset& data, const PlannedAttack& plan, const torch::Tensor& sources) const {
  if (!plan.aimed) return Goal::away_from(data.labels.index_select(0, sources));
  const std::int64_t classes = Inputs(classifier(), data.pixels(0, 1)).logits().size(1);
  ensure(classes > 1, "aimed: expected a model of two classes or more, found {}", classes);
  return Goal::towards_random(data.labels, classes, seed().child(name_of(data.part)).value()).only(sources);
}

SourceFiles AttackBenchmark::image_sources(const std::string& attack, const Dataset& data) const {
  SourceFiles files = attack_sources(attack, classifier());
  files.merge(dataset_sources(data.name));
  return files;
}

SourceFiles AttackBenchmark::fooling_sources() const {
  SourceFiles files = activation_sources(classifier());
  files.insert("framework/attack/fooling.h");
  return files;
}

AttackBenchmark::Attacked AttackBenchmark::attacked(const Dataset& data, const PlannedAttack& plan, std::int64_t begin,
                                                    std::int64_t end) {
  Attacked found;
  found.sources = classified_right(data, begin, end, plan.images);
  found.goal = goal(data, plan, found.sources);
  const std::int64_t last = found.sources[-1].item<std::int64_t>() + 1;
  const std::string made =
      made_by(image_sources(plan.attack, data), place()) + " goals " + sha256_of(found.goal.classes);
  const AttackOrder order{plan.attack, begin, last, {}, made, place().threads};
  place().progress.begin("attack " + Spec::parse(plan.attack).name, static_cast<std::size_t>(found.sources.size(0)));
  found.made = attacked_images(classifier(), data, order, found.sources - begin, found.goal, place().artifacts,
                               place().progress);
  place().progress.end();
  return found;
}

Write AttackBenchmark::score(const PlannedAttack& plan) {
  const Attacked found = attacked(test(), plan, options_.shared().clean_skipped(), test().size());
  InputSetRow row{plan.attack, "adversarial", test().name, plan.attack};
  if (plan.aimed) row.target = kRandomTarget;
  for (const std::int64_t source : numbers_of<std::int64_t>(found.sources)) {
    row.inputs.push_back({source, test().labels[source].item<std::int64_t>()});
  }
  ensure_same_images(place().store.database(), key().uid(), plan.attack, plan.aimed ? kRandomTarget : "wrong",
                     found.made.sha256);
  ScoredImages scored = scores().score(std::move(row), found.made.images);
  std::vector<std::int64_t> predicted;
  for (const InputRow& input : scored.row.inputs) predicted.push_back(*input.predicted);
  const torch::Tensor clean = test().images.index_select(0, found.sources).to(torch::kFloat32).div_(255);
  const AttackResult result = judge(clean, found.made.images, found.goal, torch::tensor(predicted, torch::kInt64));
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    scored.row.inputs[i].success = result.success[static_cast<std::int64_t>(i)].item<bool>();
  }
  const AdversarialSet set = kept_images(found.made, result, result.success, found.sources.size(0), found.sources);
  const AttackSetRow attack =
      attack_set_row(classifier(), test(), plan.attack, plan.aimed ? kRandomTarget : "wrong", set);
  const ArtifactRow file = artifact_row(found.made.file, found.made.sha256, "adversarial images");
  const ArtifactRow kept = keep_examples(plan.attack, found.made.images);
  return [write = scores().writing(std::move(scored)), attack, file, kept](UnitWriter& writer) {
    writer.add(file);
    writer.add(kept);
    writer.add(attack);
    write(writer);
  };
}

/// Made and kept a few at a time, so that little is lost by a kill.
torch::Tensor AttackBenchmark::fooling_images(const FoolingOptions& options) {
  const torch::Tensor image = test().pixels(0, 1);
  const std::string about =
      fmt::format("{} {} {} {} {}", classifier().sha256(), canonical_text("fooling", options),
                  fmt::join(image.sizes(), "x"), seed().value(), made_by(fooling_sources(), place()));
  place().progress.begin("fooling images", static_cast<std::size_t>(options_.fooling_images));
  NoProgress silent;
  std::vector<torch::Tensor> parts;
  for (std::int64_t begin = 0; begin < options_.fooling_images; begin += kFoolingAtOnce) {
    const std::int64_t end = std::min(begin + kFoolingAtOnce, options_.fooling_images);
    const KeptArray kept(place().artifacts, sha256(fmt::format("{} {} {}", about, begin, end)).substr(0, 24));
    const Array array = kept.read_or_make([&] {
      return array_of(deepmine::fooling_images(classifier(), image.sizes().slice(1), begin, end, options,
                                               seed().child("fooling"), place().threads, silent)
                          .images);
    });
    parts.push_back(images_of(array, image.sizes()));
    place().progress.advance(static_cast<std::size_t>(end - begin));
  }
  place().progress.end();
  return torch::cat(parts);
}

Write AttackBenchmark::score_fooling() {
  const FoolingOptions options = *options_.bred();
  const std::string spec = canonical_text("fooling", options);
  const torch::Tensor images = fooling_images(options);
  const Inputs inputs(classifier(), images, "fooling images", place().progress, place().threads);
  const torch::Tensor shares = inputs.logits().to(torch::kFloat64).softmax(1);
  const torch::Tensor targets = torch::arange(images.size(0)).remainder(shares.size(1));
  const torch::Tensor sure = shares.gather(1, targets.unsqueeze(1)).squeeze(1);
  const torch::Tensor success = sure >= options.confidence;
  InputSetRow row{spec, "adversarial", {}, spec, "each"};
  for (std::int64_t i = 0; i < images.size(0); ++i) row.inputs.push_back({{}, {}, {}, success[i].item<bool>()});
  const ArtifactRow kept = keep_examples(spec, images);
  return [write = scores().writing(scores().score(std::move(row), images)), kept](UnitWriter& writer) {
    writer.add(kept);
    write(writer);
  };
}

/// Those of adversarial images are kept as these are scored.
Write AttackBenchmark::examples() {
  std::vector<ArtifactRow> kept;
  for (const SingleSet& set : scores().sets()) {
    kept.push_back(keep_examples(set.name, set.pixels(0, std::min(set.size(), SetExamples::kMost))));
  }
  return [kept](UnitWriter& writer) {
    for (const ArtifactRow& row : kept) writer.add(row);
  };
}

ArtifactRow AttackBenchmark::keep_examples(const std::string& set, const torch::Tensor& images) {
  Inputs inputs(classifier(), images.slice(0, 0, SetExamples::kMost), "examples of " + set, place().progress,
                place().threads);
  scores().keep(inputs);  // they are those of the set's first unit
  return keep_set_examples(set_example_file(place().artifacts, key().uid(), set), inputs, shown_layer_);
}

Learning AttackBenchmark::learning() {
  if (!learns_from_attacks()) return Benchmark::learning();
  const Dataset& data = options_.pairs_block > 0 ? test() : training();
  require_labels(data, "an attack on images that are classified right");
  const Attacked found =
      attacked(data, options_.learnt(), 0, options_.pairs_block > 0 ? options_.pairs_block : data.size());
  const torch::Tensor pixels = data.images.index_select(0, found.sources).to(torch::kFloat32).div_(255);
  const auto inputs = [&](const torch::Tensor& images, const char* what) {
    return Inputs(classifier(), images, what, place().progress, place().threads);
  };
  const auto matched = counts_values(options_.learnt().attack, pixels[0].numel()) ? matched_pixels : matched_noise;
  const torch::Tensor noisy = matched(pixels, found.made.images, seed().child("noisy"));
  Learning learning{inputs(pixels, "clean images to learn from"),
                    inputs(found.made.images, "adversarial images to learn from"),
                    inputs(noisy, "noisy images to learn from")};
  learning.clean.labels = data.labels.index_select(0, found.sources);
  learning.adversarial->labels = learning.clean.labels;  // so that attacks that failed can be told
  return learning;
}

std::int64_t AttackBenchmark::learnt_images() const {
  return learns_from_attacks() ? 3 * options_.learn : Benchmark::learnt_images();
}

std::map<std::string, std::string> AttackBenchmark::parameters() const {
  auto parameters = Benchmark::parameters();
  if (learns_from_attacks()) {
    parameters.erase("fit");
  } else {
    for (const char* key : {"learn", "learn-attack"}) parameters.erase(key);
  }
  return parameters;
}

SourceFiles AttackBenchmark::sources() const {
  SourceFiles files = Benchmark::sources();
  for (const PlannedAttack& plan : planned_) files.merge(image_sources(plan.attack, test()));
  if (learns_from_attacks()) files.merge(image_sources(options_.learnt().attack, test()));
  if (options_.bred()) files.merge(fooling_sources());
  files.insert("framework/evaluate/attack_benchmark.h");
  return files;
}

/// All images taken to be attacked, besides what scoring holds.
MemoryNeed AttackBenchmark::memory() const {
  MemoryNeed need = Benchmark::memory();
  const torch::Tensor image = test().pixels(0, 1);
  std::int64_t most = learns_from_attacks() ? options_.learn : 0;
  for (const PlannedAttack& plan : planned_) {
    most = std::max(most, plan.images > 0 ? std::min(plan.images, test().size()) : test().size());
  }
  need.bytes += options_.bred() ? 2 * static_cast<std::uint64_t>(options_.fooling_images) * image.nbytes() : 0;
  if (most == 0) return need;
  need.bytes += 5 * static_cast<std::uint64_t>(most) * image.nbytes() +
                attacking_memory(classifier(), image, most, place().threads);
  return need;
}

}  // namespace deepmine
