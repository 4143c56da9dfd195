#include "framework/evaluate/parameter.h"

namespace deepmine {

std::string parameter(Database& database, const std::string& run, const std::string& key) {
  Statement row = database.prepare("SELECT value FROM param WHERE run = ?1 AND key = ?2");
  row.bind(run, key);
  return row.step() ? row.text(0) : std::string();
}

}  // namespace deepmine
