#include "framework/core/error.h"
#include "framework/core/npy.h"
#include "framework/core/npz.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/zip_of.h"

using namespace deepmine;

namespace {

/// An archive as it stands, or what names and contents of members make.
std::string archive_of(Bytes bytes) {
  if (bytes.rest().substr(0, 2) == "PK") return std::string(bytes.rest());
  ZipMembers members;
  while (!bytes.empty()) {
    const std::string name = bytes.text_to_zero();
    const std::size_t size = bytes.next() + std::size_t{256} * bytes.up_to(3);
    members.emplace_back(name, bytes.text(size));
  }
  return zip_of(members);
}

}  // namespace

/// Nothing is unpacked beyond the limits, and an archive that is read is written as one that reads the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ArchiveLimits limits{64, std::size_t{1} << 18, std::size_t{1} << 20};
  try {
    const Npz content = parse_npz(archive_of({data, size}), "input", limits);
    std::size_t total = 0;
    for (const auto& [name, array] : content.arrays) total += value_bytes(array).size();
    for (const auto& [name, text] : content.texts) total += text.size();
    must(total <= limits.total && content.arrays.size() + content.texts.size() <= limits.members);
    const std::string once = format_npz(content);
    must(format_npz(parse_npz(once, "copy")) == once);
  } catch (const Error&) {  // what a user is told
  }
  return 0;
}
