#pragma once

#include <string>

#include "framework/run/database.h"
#include "framework/run/table.h"

namespace deepmine {

/// A parameter of a run as the store keeps it; empty for one that older runs lack.
std::string parameter(Database& database, const std::string& run, const std::string& key);

/// What became of the shape checks of a run.
Table check_table(Database& database, const std::string& run);

}  // namespace deepmine
