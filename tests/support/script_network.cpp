#include "tests/support/script_network.h"

#include <torch/script.h>

#include "framework/core/seed.h"

namespace deepmine {

std::filesystem::path save_script(const TemporaryFolder& folder, const char* name, const std::string& body) {
  torch::jit::Module module("scripted");
  module.define("def forward(self, x):\n" + body);
  module.save((folder / name).string());
  return folder / name;
}

std::unique_ptr<Classifier> scripted(const std::string& body) {
  const TemporaryFolder folder;
  return load_classifier(save_script(folder, "scripted.pt", body).string());
}

torch::Tensor random_weights(at::IntArrayRef sizes, double width, RandomStream& random) {
  torch::Tensor weights = torch::empty(sizes);
  for (std::int64_t i = 0; i < weights.numel(); ++i) {
    weights.data_ptr<float>()[i] = static_cast<float>(width * (2 * random.uniform() - 1));
  }
  return weights;
}

torch::jit::Module script_network(bool exact) {
  RandomStream random(Seed(5));
  const auto type = exact ? torch::kFloat64 : torch::kFloat32;
  torch::jit::Module module("small");
  module.register_parameter("w", random_weights({6, 1, 3, 3}, 0.6, random).to(type), false);
  module.register_parameter("dense", random_weights({4, 6 * 64}, 0.3, random).to(type), false);
  module.define("def forward(self, x):\n"
                "    y = torch.conv2d((x - 0.5).to(self.w.dtype), self.w, None, [1, 1], [1, 1])\n"
                "    return torch.matmul(torch.relu(y).flatten(1), self.dense.t())\n");
  return module;
}

torch::jit::Module normalising_script() {
  RandomStream random(Seed(6));
  torch::jit::Module module("normalising");
  module.register_parameter("dense", random_weights({4, 64}, 0.3, random), false);
  module.register_buffer("mean", torch::full({1}, 0.4));
  module.register_buffer("variance", torch::full({1}, 0.1));
  module.register_attribute("training", c10::BoolType::get(), true);
  module.define("def forward(self, x):\n"
                "    y = torch.batch_norm(x, None, None, self.mean, self.variance, self.training, 0.5, 1e-5, False)\n"
                "    return torch.matmul(y.flatten(1), self.dense.t())\n");
  return module;
}

std::unique_ptr<Classifier> normalising_classifier() {
  const TemporaryFolder folder;
  normalising_script().save((folder / "normalising.pt").string());
  return load_classifier((folder / "normalising.pt").string());
}

std::unique_ptr<Classifier> script_classifier(bool exact) {
  const TemporaryFolder folder;
  script_network(exact).save((folder / "small.pt").string());
  return load_classifier((folder / "small.pt").string());
}

void save_script_network(const std::filesystem::path& path, bool exact) { script_network(exact).save(path.string()); }

void save_normalising_script(const std::filesystem::path& path) { normalising_script().save(path.string()); }

}  // namespace deepmine
