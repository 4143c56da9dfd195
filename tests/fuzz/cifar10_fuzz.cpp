#include "datasets/cifar_records.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fuzz.h"

using namespace deepmine;

namespace {

/// Some records whose labels are taken from the input; some bytes more or less where it says so.
std::string records_of(Bytes& bytes) {
  std::string result;
  for (std::size_t left = bytes.up_to(4); left > 0; --left) {
    result += static_cast<char>(bytes.next());
    result += std::string(kCifarPixels, static_cast<char>(bytes.next()));
  }
  const std::size_t cut = bytes.next();
  result.resize(result.size() - std::min(cut, result.size()));
  return result + bytes.text(bytes.next());
}

/// The list of checksums, with the right one for '@'.
std::string list_of(Bytes& bytes, const std::string& records) {
  std::string list = bytes.text_to_zero();
  if (const std::size_t place = list.find('@'); place != std::string::npos) list.replace(place, 1, sha256(records));
  return list;
}

}  // namespace

/// What is read has labels of classes, the size that was asked for, and the checksum that was listed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const std::string records = records_of(bytes), list = list_of(bytes, records);
  const auto count = static_cast<std::int64_t>(bytes.up_to(5)) - 1;
  try {
    const std::string listed = cifar_checksum(list, "test_batch.bin");
    const CifarRecords found = parse_cifar(records, count, {}, listed, "input");
    must(found.images.size(0) == count && found.labels.size(0) == count);
    must(static_cast<std::int64_t>(records.size()) == count * CifarForm{}.record());
    must(count == 0 || found.labels.max().item<std::int64_t>() < 10);
    must(listed.empty() || listed == sha256(records));
  } catch (const Error&) {  // what a user is told
  }
  return 0;
}
