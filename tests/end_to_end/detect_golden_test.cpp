// Golden cases of uniform-svdd through the command `detect`, on arrays and on the golden LeNet.
#include "framework/core/gzip.h"
#include "tests/end_to_end/program.h"
#include "tests/framework/learn/golden.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

constexpr const char* kFolder = "uniform-svdd";

std::filesystem::path golden_file(const std::string& name) {
  return std::filesystem::path(std::getenv("DEEPMINE_SHARED")) / "golden" / kFolder / name;
}

std::vector<double> scores_of(const Finished& finished) {
  return json_of(finished)["scores"].get<std::vector<double>>();
}

TEST_CASE("detect one-class on arrays gives minus libsvm's golden scores") {
  const auto golden = Golden::find(kFolder);
  if (!golden) return;
  const Json cases = golden->json("a_expected")["cases"];
  std::vector<Words> programs;
  for (const Json& one : cases) {
    const std::string name = "a_" + one["name"].get<std::string>();
    const std::string gamma = one["gamma_setting"].is_number() ? one["gamma_setting"].dump() : "scale";
    programs.push_back(
        {"detect", "one-class:nu=" + one["nu"].dump() + ",gamma=" + gamma + ",standardise=" + one["standardise"].dump(),
         "--train-features", golden_file(name + "_train.npy").string(), "--features",
         golden_file(name + "_test.npy").string(), "--json"});
  }
  const std::vector<Finished> finished = deepmine_all(programs);
  for (std::size_t i = 0; i < finished.size(); ++i) {
    const std::string name = "a_" + cases[i]["name"].get<std::string>();
    CAPTURE(name);
    std::vector<double> found = scores_of(finished[i]);
    for (double& score : found) score = -score;
    CHECK(largest_difference(found, golden->values(name + "_score_test")) <=
          cases[i]["tolerance_tol1e-3"].get<double>());
  }
}

TEST_CASE("detect lid and kde on arrays give the golden values") {
  const auto golden = Golden::find(kFolder);
  if (!golden) return;
  const auto run = [&](const std::string& spec, const std::string& clean, const std::string& scored) {
    return scores_of(deepmine_run({"detect", spec, "--train-features", golden_file(clean).string(), "--features",
                                   golden_file(scored).string(), "--json"}));
  };
  for (const Json& one : golden->json("f_expected")) {
    const std::string name = "f_" + one["case"].dump();
    CAPTURE(name, one["k"]);
    const std::vector<double> found = run("lid:k=" + one["k"].dump(), name + "_ref.npy", name + "_query.npy");
    const auto expected = one["guarded"].get<std::vector<double>>();
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Approx(expected[i]).epsilon(1e-9).margin(1e-12));
  }
  const Matrix<double> expected = golden->matrix("e_0_expected");
  const std::vector<double> found = run("kde:bandwidth=0.26", "e_0_X.npy", "e_0_T.npy");
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(-found[i] == Approx(expected(i, 2)).epsilon(1e-9).margin(1e-9));
}

/// Images [rows x 784] in bytes as the command takes them.
std::string write_images(const std::filesystem::path& file, const std::vector<float>& pixels) {
  return write_values<float>(file, {pixels.size() / 784, 1, 28, 28}, pixels);
}

/// The images of MNIST that the golden LeNet's detectors are fitted on.
std::string write_clean(const Golden& golden, const std::filesystem::path& file) {
  constexpr std::size_t kHeader = 16;
  const std::filesystem::path folder = std::filesystem::path(std::getenv("DEEPMINE_DATA")) / "mnist";
  const std::filesystem::path plain = folder / "train-images-idx3-ubyte", packed = plain.string() + ".gz";
  const std::string bytes = std::filesystem::exists(packed) ? read_gzip(packed, std::size_t{64} << 20)
                                                          : read_file(plain);
  std::vector<float> pixels;
  for (const std::int64_t row : golden.integers("i_train_index")) {
    for (std::size_t p = 0; p < 784; ++p) {
      pixels.push_back(
          static_cast<float>(static_cast<unsigned char>(bytes.at(kHeader + static_cast<std::size_t>(row) * 784 + p))) /
          255);
    }
  }
  return write_images(file, pixels);
}

TEST_CASE("detect gives the golden scores of the golden LeNet, from images") {
  const auto golden = Golden::find(kFolder);
  if (!golden || std::getenv("DEEPMINE_DATA") == nullptr) {
    WARN("SKIPPED: no golden cases or DEEPMINE_DATA");
    return;
  }
  const TemporaryFolder folder;
  const std::string train = write_clean(*golden, folder / "train.npy");
  std::vector<float> pixels;
  for (const double byte : golden->values("i_fgsm_images")) pixels.push_back(static_cast<float>(byte) / 255);
  const std::string images = write_images(folder / "images.npy", pixels);
  const std::map<std::string, std::string> specs{{"svdd_conv1", "one-class:layers=conv1"},
                                                 {"svdd_logits", "one-class"},
                                                 {"elo_conv1", "one-class:layers=conv1,classes=all,nu=0.001"},
                                                 {"ours_train_conv1", "one-class:layers=conv1+logits"}};
  const Json tolerances = golden->json("i_expected")["tolerances"];
  for (const auto& [name, spec] : specs) {
    CAPTURE(name);
    const std::string weights = "lenet:padding=2,weights=" + golden_file("i_lenet.npz").string();
    std::vector<double> found =
        scores_of(deepmine_run({"detect", spec, "--model", weights, "--train", train, "--images", images, "--json"}));
    const bool normalised = name.rfind("ours", 0) == 0;
    for (double& score : found) score = normalised ? 1 - score : -score;
    CHECK(largest_difference(found, golden->values("i_fgsm_expected.npz:" + name)) <=
          tolerances[name]["tolerance_libsvm_default"].get<double>());
  }
}

}  // namespace
}  // namespace deepmine
