#pragma once

#include <filesystem>
#include <string>

namespace deepmine {

/// A word of a command line that the store keeps, between quotes where it has blanks.
std::string word_of(const std::string& text);

/// A command line with the folder it was started in: its relative paths mean nothing elsewhere.
std::string started_here(const std::string& command);

/// The folder in such a line; empty where it has none, as those of older stores.
std::filesystem::path folder_in(const std::string& command);

/// What to do where a relative path leads to no file here: "change to the folder in which the run was started, cd
/// FOLDER".
std::string cure_of_folder(const std::string& command);

}  // namespace deepmine
