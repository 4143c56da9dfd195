#include "framework/data/idx.h"

#include <fmt/ranges.h>

#include <cstring>

#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/gzip.h"

namespace deepmine {
namespace {

/// The largest that is published in this format for us, MNIST's training images, has 47 MB.
constexpr std::size_t kLargestFile = std::size_t{1} << 26;

constexpr std::size_t kLargestHeader = std::size_t{1} << 20;  // of gzip's, which stored blocks make longer, or of idx

/// Of bytes.
constexpr std::string_view kUnpackedStart("\0\0\x08", 3);

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

}  // namespace

torch::Tensor parse_idx(std::string_view bytes, std::size_t axes, std::string_view name) {
  const std::size_t header = 4 + 4 * axes;
  ensure(bytes.size() >= header, "{}: expected an idx file, found only {} bytes; fetch it again",
         name, bytes.size());
  const std::uint32_t magic = big_endian(bytes, 0);
  ensure(magic == 0x0800 + axes, "{}: expected idx magic number {:#06x}, found {:#06x}; is it the "
         "right file?", name, 0x0800 + axes, magic);
  std::vector<std::int64_t> shape;
  std::size_t promised = 1;
  for (std::size_t i = 0; i < axes; ++i) {
    const std::uint32_t length = big_endian(bytes, 4 + 4 * i);
    shape.push_back(length);
    ensure(length > 0 && length <= kLargestFile / promised, "{}: impossible idx sizes {}",
           name, fmt::join(shape, " x "));
    promised *= length;
  }
  ensure(bytes.size() - header == promised,
         "{}: expected {} = {} bytes after the header, found {}; fetch it again", name,
         fmt::join(shape, " x "), promised, bytes.size() - header);
  torch::Tensor values = torch::empty(shape, torch::kUInt8);
  std::memcpy(values.data_ptr(), bytes.data() + header, promised);
  return values;
}

torch::Tensor read_idx(const std::filesystem::path& path, std::size_t axes) {
  const std::filesystem::path unpacked = std::filesystem::path(path).replace_extension();
  const bool packed = std::filesystem::exists(path) || !std::filesystem::exists(unpacked);
  const std::filesystem::path& file = packed ? path : unpacked;
  const std::string bytes = read_file(file, kLargestFile + kLargestHeader);
  // Some programs unpack what they fetch and leave its name.
  const bool plain = !packed || bytes.compare(0, kUnpackedStart.size(), kUnpackedStart) == 0;
  return parse_idx(plain ? bytes : gunzip(bytes, kLargestFile, file.string()), axes, file.string());
}

IdxFiles IdxFiles::of(Part part) {
  if (part == Part::kTrain) return {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"};
  return {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};
}

Dataset read_idx_dataset(std::string_view name, Part part, const std::filesystem::path& folder,
                         std::int64_t size, std::vector<std::string> class_names) {
  const IdxFiles files = IdxFiles::of(part);
  Dataset result{std::string(name), part, read_idx(folder / files.images, 3).unsqueeze(1),
                 read_idx(folder / files.labels, 1).to(torch::kInt64), std::move(class_names), {}};
  ensure(result.images.size(0) == size && result.images.size(2) == 28 &&
             result.images.size(3) == 28,
         "{}: expected {} images of 28 x 28, found {} of {} x {}; is it {}'s {} part?",
         (folder / files.images).string(), size, result.images.size(0), result.images.size(2),
         result.images.size(3), name, name_of(part));
  ensure(result.labels.size(0) == size, "{}: expected {} labels, found {}",
         (folder / files.labels).string(), size, result.labels.size(0));
  check_labels(result, folder / files.labels);
  result.sha256 = content_sha256(result);
  return result;
}

}  // namespace deepmine
