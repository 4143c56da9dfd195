#pragma once

#include <string>

#include "framework/run/database.h"

namespace deepmine {

/// A parameter of a run as the store keeps it; empty for one that the run lacks.
std::string parameter(Database& database, const std::string& run, const std::string& key);

}  // namespace deepmine
