#pragma once

#include <filesystem>
#include <string>

#include "tests/support/temporary_folder.h"

namespace deepmine {

/// A TorchScript file `folder/name` of a module with the code `body` for forward(self, x).
std::filesystem::path save_script(const TemporaryFolder& folder, const char* name, const std::string& body);

/// The file of `script_network`.
void save_script_network(const std::filesystem::path& path, bool exact = false);

/// A program that gives each image the number of its batch, which it counts in a buffer.
void save_counting_script(const std::filesystem::path& path);

/// The file of `normalising_script`.
void save_normalising_script(const std::filesystem::path& path);

}  // namespace deepmine
