#include "datasets/cifar_records.h"
#include "framework/data/dataset.h"

namespace deepmine {
namespace {

constexpr std::int64_t kPerFile = 10000;

/// CIFAR-10 (Krizhevsky 2009) from its official binary files.
class Cifar10 : public DatasetLoader {
 public:
  using Options = NoOptions;
  explicit Cifar10(Options) {}

  Dataset load(Part part, const DataFolders& folders) const override {
    const std::filesystem::path folder = folders.find("cifar10", {"cifar-10-batches-bin"});
    std::vector<std::string> files{"test_batch.bin"};
    if (part == Part::kTrain) {
      files = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
               "data_batch_5.bin"};
    }
    std::vector<torch::Tensor> images, labels;
    for (const std::string& file : files) {
      CifarRecords batch = read_cifar(folder / file, kPerFile, {}, listed_checksum(folder / file));
      images.push_back(std::move(batch.images));
      labels.push_back(std::move(batch.labels));
    }
    Dataset result{"cifar10", part, torch::cat(images), torch::cat(labels),
                   {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
                    "truck"}, {}};
    result.sha256 = content_sha256(result);
    return result;
  }
};

DEEPMINE_DATASET(Cifar10, "cifar10", "CIFAR-10, 32 x 32 RGB, 50,000 train and 10,000 test");

}  // namespace
}  // namespace deepmine
