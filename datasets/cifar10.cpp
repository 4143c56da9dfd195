#include "datasets/cifar10_records.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/data/dataset.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kPerFile = 10000;

/// What `SHA256SUMS` beside the batches says of `name`; empty when it says nothing.
std::string listed_checksum(const fs::path& folder, const std::string& name) {
  constexpr std::size_t kLargestList = std::size_t{1} << 20;
  const fs::path list = folder / "SHA256SUMS";
  return fs::exists(list) ? cifar10_checksum(read_file(list, kLargestList), name) : std::string();
}

/// One official batch file. Its size is checked before it is read.
Cifar10Records read_batch(const fs::path& folder, const std::string& name) {
  const fs::path path = folder / name;
  const InputFile file(path);
  const std::int64_t size = kPerFile * kCifar10Record;
  ensure(file.size() == static_cast<std::size_t>(size),
         "{}: expected {} bytes (10000 CIFAR-10 records of 3073), found {}; fetch it again", path.string(), size,
         file.size());
  std::string bytes(file.size(), '\0');
  file.read(0, bytes.data(), bytes.size());
  return parse_cifar10(bytes, kPerFile, listed_checksum(folder, name), path.string());
}

/// CIFAR-10 (Krizhevsky 2009) from its official binary files.
class Cifar10 : public DatasetLoader {
 public:
  using Options = NoOptions;
  explicit Cifar10(Options) {}

  Dataset load(Part part, const DataFolders& folders) const override {
    const fs::path folder = folders.find("cifar10", {"cifar-10-batches-bin"});
    std::vector<std::string> files{"test_batch.bin"};
    if (part == Part::kTrain) {
      files = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
               "data_batch_5.bin"};
    }
    std::vector<torch::Tensor> images, labels;
    for (const std::string& file : files) {
      Cifar10Records batch = read_batch(folder, file);
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
