#include "framework/activation/activations.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>

#include "framework/app/command.h"
#include "framework/app/input_file.h"
#include "framework/app/json_output.h"
#include "framework/app/tensor_file.h"
#include "framework/app/terminal_progress.h"
#include "framework/core/error.h"
#include "framework/model/autoencoder.h"

namespace deepmine {
namespace {

namespace po = boost::program_options;

using LayerShapes = std::map<std::string, std::vector<std::int64_t>>;

std::int64_t nodes_of(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

/// One image to run through the model: the first of `--images`, or a black one of the size that a
/// network of ours takes.
torch::Tensor sample_image(const CommandLine& line, const Model& model) {
  if (line.has("images")) {
    return read_images(line.required("images"), line.flag("allow-out-of-range")).slice(0, 0, 1);
  }
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
    const auto& shape = shapes.at(layer);
    list.push_back({{"name", layer}, {"nodes", nodes_of(shape)}, {"shape", shape}});
    width = std::max(width, layer.size());
  }
  if (as_json) return print_json({{"layers", list}});
  for (const std::string& layer : layers) {
    const auto& shape = shapes.at(layer);
    fmt::print("{:<{}}  {:>8}  {}\n", layer, width, nodes_of(shape), fmt::join(shape, " x "));
  }
}

void check_layer(const Model& model, const std::string& layer) {
  const std::vector<std::string> known = model.layers();
  ensure(std::find(known.begin(), known.end(), layer) != known.end(),
         "--layer: unknown layer \"{}\"; known: {}", layer, fmt::join(known, ", "));
}

/// A TorchScript file is taken for an autoencoder when the layer asked for is one of those.
std::unique_ptr<Model> load_for(const std::string& text, const std::string& layer) {
  Model model = load_model(text);
  if (model.reconstructs().value_or(layer == Autoencoder::kError)) {
    return std::make_unique<Autoencoder>(std::move(model));
  }
  return std::make_unique<Model>(std::move(model));
}

void write_activations(const CommandLine& line) {
  const std::string model = line.required("model"), file = line.required("images");
  const std::string layer = line.required("layer"), out = line.required("out");
  check_output("--out", out, line.flag("keep-shape") ? std::vector<std::string_view>{".npy"}
                                            : std::vector<std::string_view>{".npy", ".csv"},
               {model, file});
  const auto network = load_for(model, layer);
  check_layer(*network, layer);
  const torch::Tensor images = read_images(file, line.flag("allow-out-of-range"));

  const auto progress = make_progress(line.common().quiet);
  progress->begin("activations", static_cast<std::size_t>(images.size(0)));
  const Activations found = extract_activations(*network, images, layer, *progress);
  progress->end();
  Array array = array_of(found);
  if (line.flag("keep-shape")) {
    array.shape.resize(1);
    for (const std::int64_t axis : layer_shapes(*network, images.slice(0, 0, 1)).at(layer)) {
      array.shape.push_back(static_cast<std::size_t>(axis));
    }
  }
  write_array(out, array);
  if (line.flag("json")) {
    print_json({{"out", out}, {"layer", layer}, {"inputs", found.rows()}, {"nodes", found.cols()}});
  } else {
    fmt::print("{}  {} inputs x {} nodes of {}\n", out, found.rows(), found.cols(), layer);
  }
}

int run(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  line.add()("model", text("MODEL"), "model file, NETWORK:weights=FILE.npz, or TorchScript file: a program, which "
      "loading runs with your rights, so never a stranger's")(
      "images", text("FILE"), "images [N,C,H,W] in [0,1]")("layer", text("NAME"),
                                                           "the layer whose outputs to write")(
      "out", text("FILE"), "activations to write [inputs x nodes], float32 (.npy or .csv)")(
      "keep-shape", po::bool_switch(), "write [N,C,H,W], so that scan knows the layer's channels")(
      "layers", po::bool_switch(), "list the layers, their numbers of nodes and shapes instead")(
      "allow-out-of-range", po::bool_switch(),
      "admit images outside [0,1], as unclipped attacks make them")("json", po::bool_switch(),
                                                                    "print one JSON object");
  if (!line.parse(words)) return 0;
  set_up_torch(line.common().threads);
  if (!line.flag("layers")) {
    write_activations(line);
    return 0;
  }
  const auto model = load_for(line.required("model"), "");
  print_layers(model->layers(), layer_shapes(*model, sample_image(line, *model)), line.flag("json"));
  return 0;
}

const RegisterCommand registered({"activations",
                                  "activations --model MODEL --images X.npy (--layer NAME --out "
                                  "A.npy | --layers)",
                                  "writes one layer's activations", run});

}  // namespace
}  // namespace deepmine
