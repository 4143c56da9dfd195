#include <cstring>
#include <fstream>
#include <sstream>

#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/data/dataset.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kPerFile = 10000;
constexpr std::int64_t kPixels = 3 * 32 * 32;
constexpr std::int64_t kRecord = 1 + kPixels;

/// What a `SHA256SUMS` file beside the batches says of `name`; empty when it says nothing.
std::string listed_checksum(const fs::path& folder, const std::string& name) {
  std::ifstream list(folder / "SHA256SUMS");
  std::string sum, file;
  while (list >> sum >> file) {
    if (file == name) return sum;
  }
  return {};
}

/// One official batch file: 10,000 records of a label byte and the R, G and B planes.
std::string read_batch(const fs::path& folder, const std::string& name) {
  const fs::path file = folder / name;
  std::string bytes = read_file(file);
  ensure(bytes.size() == kPerFile * kRecord,
         "{}: expected {} bytes (10000 CIFAR-10 records of 3073), found {}; fetch it again",
         file.string(), kPerFile * kRecord, bytes.size());
  const std::string listed = listed_checksum(folder, name);
  if (listed.empty()) return bytes;
  const std::string found = sha256(bytes);
  ensure(found == listed, "{}: expected sha256 {} (SHA256SUMS beside it), found {}; fetch it again",
         file.string(), listed, found);
  return bytes;
}

void copy_records(const std::string& bytes, std::int64_t first, Dataset& into) {
  auto* pixels = into.images.data_ptr<std::uint8_t>() + first * kPixels;
  auto* labels = into.labels.data_ptr<std::int64_t>() + first;
  for (std::int64_t i = 0; i < kPerFile; ++i) {
    const char* record = bytes.data() + i * kRecord;
    labels[i] = static_cast<unsigned char>(record[0]);
    std::memcpy(pixels + i * kPixels, record + 1, kPixels);
  }
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
    const auto count = static_cast<std::int64_t>(files.size()) * kPerFile;
    Dataset result{"cifar10", part, torch::empty({count, 3, 32, 32}, torch::kUInt8),
                   torch::empty({count}, torch::kInt64),
                   {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
                    "truck"}, {}};
    std::int64_t first = 0;
    for (const std::string& file : files) {
      copy_records(read_batch(folder, file), first, result);
      first += kPerFile;
    }
    check_labels(result, folder);
    result.sha256 = content_sha256(result);
    return result;
  }
};

DEEPMINE_DATASET(Cifar10, "cifar10", "CIFAR-10, 32 x 32 RGB, 50,000 train and 10,000 test");

}  // namespace
}  // namespace deepmine
