#include "framework/activation/activations.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <utility>

#include "framework/app/command.h"
#include "framework/app/input_file.h"
#include "framework/app/json_output.h"
#include "framework/app/standard_streams.h"
#include "framework/app/tensor_file.h"
#include "framework/app/terminal_progress.h"
#include "framework/app/warnings.h"
#include "framework/core/error.h"
#include "framework/core/memory.h"
#include "framework/model/autoencoder.h"
#include "framework/model/doubt.h"
#include "framework/model/network.h"

namespace deepmine {
namespace {

namespace po = boost::program_options;

std::int64_t nodes_of(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

PixelRange range_of(const CommandLine& line) {
  return line.has("range") ? PixelRange::parse(line.required("range"), "--range") : PixelRange();
}

ImageFile images_of(const CommandLine& line) {
  return read_images(line.required("images"), range_of(line),
                     line.flag("allow-out-of-range") ? Outside::kAdmitted : Outside::kRefused);
}

/// One image to run through the model: the first of `--images`, or a black one of the size that a
/// network of ours takes.
torch::Tensor sample_image(const CommandLine& line, const Model& model) {
  if (line.has("images")) return images_of(line).images.slice(0, 0, 1);
  const auto network = model.facts().find("network");
  ensure(network != model.facts().end(),
         "expected --images, found none; a TorchScript model does not say what images it takes");
  const ImageShape shape =
      Registry<Network>::instance().make(Spec::parse(network->second))->input();
  return torch::zeros({1, shape.channels, shape.size, shape.size});
}

void print_layers(const std::vector<std::string>& layers, const LayerShapes& shapes, bool as_json) {
  Json list = Json::array();
  std::size_t width = 0;
  for (const std::string& layer : layers) {
    if (shapes.count(layer) == 0) continue;
    const auto& shape = shapes.at(layer);
    list.push_back({{"name", layer}, {"nodes", nodes_of(shape)}, {"shape", shape}});
    width = std::max(width, layer.size());
  }
  if (as_json) return print_json({{"layers", list}});
  for (const Json& layer : list) {
    const auto name = layer["name"].get<std::string>();
    fmt::print(results(), "{:<{}}  {:>8}  {}\n", name, width, nodes_of(shapes.at(name)),
               fmt::join(shapes.at(name), " x "));
  }
}

/// A TorchScript file is taken for an autoencoder when the layer asked for is one of those.
std::unique_ptr<Model> load_for(const std::string& text, const std::string& layer) {
  Model model = load_model(text);
  if (model.reconstructs().value_or(layer == Autoencoder::kError)) {
    return std::make_unique<Autoencoder>(std::move(model));
  }
  return std::make_unique<Model>(std::move(model));
}

constexpr const char* kMemoryCure = "give fewer --threads or fewer images at a time, or a machine or job with more";

/// Beside the images: the activations, as found and as written, and a batch on its way.
void check_memory(Model& model, const torch::Tensor& images, const std::string& layer, bool as_text, int threads) {
  const torch::Tensor one = images.slice(0, 0, 1);
  const auto values =
      static_cast<std::uint64_t>(images.size(0) * nodes_of(layer_shapes(model, one, {layer}).at(layer)));
  constexpr std::uint64_t kDigits = 30;  // of a number as text, which is copied as it grows
  ensure_memory(held_memory() + values * (2 * sizeof(float) + (as_text ? kDigits : 0)) +
                    passing_memory(model, one, images.size(0), threads),
                kMemoryCure);
}

void write_activations(const CommandLine& line, int threads) {
  const std::string model = line.required("model"), file = line.required("images");
  const std::string layer = line.required("layer"), out = line.required("out");
  check_output("--out", out, line.flag("keep-shape") ? std::vector<std::string_view>{".npy"}
                                            : std::vector<std::string_view>{".npy", ".csv"},
               {model, file});
  Warnings warnings(line.flag("strict"));
  const auto network = load_for(model, layer);
  network->take(range_of(line));
  network->check_layers({layer});
  ensure_memory(held_memory() + reading_memory(image_bytes(file)), kMemoryCure);
  const ImageFile read = images_of(line);
  const torch::Tensor& images = read.images;
  warnings.add(read.warnings);
  check_memory(*network, images, layer, std::filesystem::path(out).extension() == ".csv", threads);
  warnings.add(doubts_about(*network, images));

  const auto progress = make_progress(line.common().quiet);
  progress->begin("activations", static_cast<std::size_t>(images.size(0)));
  const Activations found =
      std::move(pass_images(*network, images, {{layer}}, *progress, threads).features.at({layer}));
  progress->end();
  Array array = array_of(found);
  if (line.flag("keep-shape")) {
    array.shape.resize(1);
    for (const std::int64_t axis : layer_shapes(*network, images.slice(0, 0, 1), {layer}).at(layer)) {
      array.shape.push_back(static_cast<std::size_t>(axis));
    }
  }
  write_array(out, array);
  warnings.record();
  if (line.flag("json")) {
    print_json({{"out", out}, {"layer", layer}, {"inputs", found.rows()}, {"nodes", found.cols()},
                {"warnings", warnings.all()}});
  } else {
    fmt::print(results(), "{}  {} inputs x {} nodes of {}\n", out, found.rows(), found.cols(), layer);
  }
}

int run(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  line.add()("model", text("MODEL"), "model file, NETWORK:weights=FILE.npz, or TorchScript file: a program, which "
      "loading runs with your rights, so never a stranger's")(
      "images", text("FILE"), "images [N,C,H,W] in [0,1]")("range", text("LOW,HIGH"), kRangeHelp)(
      "layer", text("NAME"), "the layer whose outputs to write")(
      "out", text("FILE"), "activations to write [inputs x nodes], float32 (.npy or .csv)")(
      "keep-shape", po::bool_switch(), "write [N,C,H,W], so that scan knows the layer's channels")(
      "layers", po::bool_switch(), "list the layers, their numbers of nodes and shapes instead")(
      "allow-out-of-range", po::bool_switch(),
      "admit images outside [0,1] or the range, as unclipped attacks make them")(
      "strict", po::bool_switch(), Warnings::kStrictHelp)("json", po::bool_switch(), "print one JSON object");
  if (!line.parse(words)) return 0;
  const int threads = set_up_torch(line.common().threads);
  if (!line.flag("layers")) {
    write_activations(line, threads);
    return 0;
  }
  const auto model = load_for(line.required("model"), "");
  model->take(range_of(line));
  print_layers(model->layers(), layer_shapes(*model, sample_image(line, *model)), line.flag("json"));
  return 0;
}

const RegisterCommand registered({"activations",
                                  "activations --model MODEL --images X.npy (--layer NAME --out "
                                  "A.npy | --layers) [--range LOW,HIGH] [--strict]",
                                  "writes one layer's activations", run});

}  // namespace
}  // namespace deepmine
