#pragma once

#include <map>
#include <set>
#include <string>

#include "framework/run/database.h"
#include "framework/run/table.h"

namespace deepmine {

/// Which of a run's options are not as in profile paper, whose values are `paper`, as a note; `ignored` ones and those
/// that only one of both has are left out.
std::string protocol_note(Database& database, const std::string& run, const std::map<std::string, std::string>& paper,
                          const std::set<std::string>& ignored);

/// What became of the shape checks of a run.
Table check_table(Database& database, const std::string& run);

}  // namespace deepmine
