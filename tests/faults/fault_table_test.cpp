// The table itself: nothing in it that no test injects, and the same text on every machine.
#include "tests/faults/fault_table.h"

#include <set>

namespace deepmine {
namespace {

TEST_CASE("the table in tests/README.md holds every fault that is injected, and no other") {
  std::set<std::string> found;
  for (const std::string& row : FaultTable::parsed(read_file(DEEPMINE_SOURCE_DIR "/tests/README.md"))) {
    found.insert(FaultTable::fault_of(row));
  }
  CHECK(found == std::set<std::string>(faults().begin(), faults().end()));
}

TEST_CASE("a message in the table has no folders, numbers and checksums") {
  CHECK(shortened("deepmine: store /tmp/x-1/s.sqlite: expected version 1, found 17; name another\nmore") ==
        "store s.sqlite: expected version N, found N");
  CHECK(shortened("cannot write \"/a/b/00ff00ff00ff00ff00ff.npy\": No space left on device (SQLite: full)") ==
        "cannot write \"KEY.npy\": No space left on device");
  CHECK(shortened("cannot write \"/tmp/deepmine-printed-4711\"") == "cannot write \"deepmine-printed-N\"");
}

TEST_CASE("outcomes are told with their number, the most frequent message of the refused ones") {
  Outcomes outcomes;
  for (const char* message : {"b", "a", "b"}) outcomes.refused(message);
  outcomes.other("read");
  CHECK(outcomes.text() == "3 refused, most often: b; 1 read");
}

}  // namespace
}  // namespace deepmine
