#include <fmt/ranges.h>

#include "experiments/uniform_svdd_checks.h"
#include "experiments/uniform_svdd_figures.h"
#include "experiments/uniform_svdd_options.h"
#include "experiments/uniform_svdd_table.h"
#include "framework/evaluate/attack_benchmark.h"
#include "framework/run/experiment.h"

namespace deepmine {
namespace {

/// The detectors of the tables but LID, for a network: its most discriminative layer (MDL), the last hidden one and the
/// width of the kernels there.
std::string detectors(const std::string& mdl, const std::string& hidden, const std::string& bandwidth) {
  const std::vector<std::string> list{"one-class:layers=" + mdl + "+logits",
                                      "one-class:classes=all,nu=0.001,layers=" + mdl,
                                      "msp",
                                      "odin",
                                      "mahalanobis",
                                      "kd-bu:bandwidth=" + bandwidth + ",layer=" + hidden};
  return fmt::format("{}", fmt::join(list, ";"));
}

/// Every layer by itself, as the MDL is chosen.
std::string layer_detectors(const std::vector<std::string>& layers) {
  std::vector<std::string> list;
  for (const std::string& layer : layers) list.push_back("one-class:classes=all,layers=" + layer);
  return fmt::format("{}", fmt::join(list, ";"));
}

/// Tables 2 to 9 of the uniform framework: detectors of out-of-distribution, adversarial and noise images by the same
/// measure.
class UniformSvdd : public Experiment {
 public:
  using Options = UniformSvddOptions;
  explicit UniformSvdd(Options options) : options_(std::move(options)) { options_.check(); }

  std::map<std::string, Settings> profiles() const override {
    return {
        {"small",
         {{"detector", detectors("conv1", "relu4", "3.7926") +
                           ";lid:layers=input+relu1+pool1+relu2+pool2+relu3+relu4+logits"}}},
        {"paper",
         {{"dataset", "cifar10"},
          {"model", ""},
          {"ood", "tiny-imagenet-resize+lsun-resize+isun+svhn+gaussian+uniform"},
          // Without CW, and few of 9,300 images, for the time they take.
          {"attacks", "fgsm:epsilon=0.05+bim-a:preset=lid-cifar+bim-b:preset=lid-cifar+jsma:preset=lid"},
          {"attacked", "1000+200+200+30"},
          {"fooling", "fooling:confidence=0.999"},
          {"fooling-images", "10"},
          {"learn-attack", "fgsm:epsilon=0.05"},
          {"detector",
           "lid:layers=stem.relu+stack1.block3.relu1+stack1.block7.out+stack2.block7.out+pool+logits,pooling=mean;" +
               detectors("stack1.block3.relu1", "pool", "0.26")}}},  // the first one's pass serves all
        {"mdl",
         {{"ood", "emnist-letters+gaussian:seed=2,sd=0.25,shape=1x28x28"},  // evaluated by no table
          {"attacks", ""},
          {"attacked", "0"},
          {"fooling", ""},
          {"detector", layer_detectors({"conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "fc1", "relu3", "fc2",
                                        "relu4", "logits"})}}},
        {"quick",
         {{"dataset", "fashion-mnist"},
          {"model", "results/checkpoints/cnn-fashion-mnist.npz"},
          {"ood", "gaussian:n=500,shape=1x28x28+uniform:n=500,shape=1x28x28"},  // which need no download
          {"attacks",
           "fgsm:epsilon=0.1+bim-a:epsilon=0.1,step=0.01,steps=10+bim-b:epsilon=0.1,step=0.01,steps=10+jsma:preset=lid"
           "+cw:searches=2,steps=50"},
          {"attacked", "200+200+200+10+20"},
          {"fooling", "fooling:confidence=0.99,generations=200"},
          {"fooling-images", "20"},
          {"learn-attack", "fgsm:epsilon=0.1"},
          {"learn", "500"},
          {"fit", "5000"},
          {"skip", "9000"},
          {"detector", detectors("conv2d_1", "dense_1", "3.7926") +
                           ";lid:layers=input+conv2d_1+conv2d_2+dense_1+logits"}}}};
  }

  std::unique_ptr<Measurement> prepare(Workplace& place) const override {
    return std::make_unique<AttackBenchmark>(
        options_,
        BenchmarkProtocol{"uniform-svdd",
                          options_.canonical(),
                          {"experiments/uniform_svdd_checks.h"},
                          "ResNet44 with published weights is --set model=resnet:depth=44,shortcut=pad,"
                          "weights=FILE.npz"},
        place);
  }
  void conclude(Run& run, Database& database, std::uint64_t seed) const override {
    conclude_uniform_svdd(run, database, seed);
  }
  std::vector<Table> tables(Database& database, const RunsTogether& runs) const override {
    return uniform_svdd_tables(database, runs);
  }
  std::vector<Headline> headlines(Database& database, const std::string& run) const override {
    return uniform_svdd_headlines(database, run);
  }
  std::vector<Figure> figures(Database& database, const RunsTogether& runs,
                              const std::filesystem::path& artifacts) const override {
    return uniform_svdd_figures(database, runs, artifacts);
  }

 private:
  Options options_;
};

DEEPMINE_EXPERIMENT(UniformSvdd, "uniform-svdd",
                    "seven detectors of out-of-distribution, adversarial and noise images (Tables 2 to 9)");

}  // namespace
}  // namespace deepmine
