#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "framework/run/database.h"

namespace deepmine {

/// Tells a store from others and from older copies of itself: what `store_info` holds.
struct StoreEdition {
  std::string id;            ///< empty where none could be read
  std::int64_t writes = -1;
};

/// What a page of an SQLite file says when it is the one page of `store_info`; nothing when it is something else.
StoreEdition parse_edition(std::string_view page);

/// Watches whether the file at a store's path still holds that store. It looks at the file itself: through a connection
/// one sees what its log and its memory hold, whatever was written over the file by then. Not told apart is a copy that
/// holds writes which the file itself has not received yet, because somebody has been reading an older state since; nor one
/// that lacks only what other processes wrote since the last look.
class EditionWatch {
 public:
  /// Remembers what the store holds now.
  void begin(Database& database);
  /// The file has come to hold so many writes: fewer are an older copy, whether these were seen or not.
  void expect(std::int64_t writes);
  /// Empty, or what is in the file's place by now, "another store". Others may have written to it meanwhile.
  std::string_view replaced_by(Database& database);

 private:
  void find_page(Database& database);
  std::string_view difference(Database& database);
  std::string read_page(Database& database) const;

  StoreEdition seen_;
  std::int64_t page_ = 0, page_size_ = 0;
  bool in_file_ = false;  ///< the id was seen in the file, not only in its log
};

}  // namespace deepmine
