#include "framework/app/started_here.h"

#include <fmt/format.h>

#include <iomanip>
#include <sstream>

namespace deepmine {
namespace fs = std::filesystem;

std::string word_of(const std::string& text) {
  if (text.find_first_of(" '\\") == std::string::npos) return text;
  std::ostringstream word;
  word << std::quoted(text, '\'');
  return word.str();
}

std::string started_here(const std::string& command) {
  return fmt::format("cd {} && {}", word_of(fs::current_path().string()), command);
}

fs::path folder_in(const std::string& command) {
  std::istringstream words(command);
  std::string first, folder;
  words >> first >> std::quoted(folder, '\'');
  return first == "cd" ? folder : std::string();
}

std::string cure_of_folder(const std::string& command) {
  const fs::path folder = folder_in(command), here = fs::current_path();
  if (folder.empty() || folder == here) return "change to the folder in which the run was started";
  return fmt::format("change to the folder in which the run was started, cd {}", word_of(folder.string()));
}

}  // namespace deepmine
