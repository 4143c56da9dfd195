#include "framework/app/input_file.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "framework/core/error.h"

namespace deepmine {
namespace fs = std::filesystem;

std::vector<std::int64_t> read_whole_numbers(const fs::path& file, std::size_t count,
                                             std::string_view what) {
  const Array array = read_array(file);
  const auto long_axes = std::count_if(array.shape.begin(), array.shape.end(),
                                       [](std::size_t axis) { return axis != 1; });
  ensure(long_axes <= 1 && array.size() == count,
         "{}: expected {}, [{}], found {}; give one number for each", file.string(), what, count,
         array.description());
  return values_as<std::int64_t>(array, file.string());
}

void check_output(std::string_view option, const fs::path& out, const std::vector<std::string_view>& extensions,
                  const std::vector<fs::path>& inputs) {
  const std::string extension = out.extension().string();
  const bool known = std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
  ensure(known, "{}: expected a file name that ends in {}, found \"{}\"; choose another name", option,
         fmt::join(extensions, " or "), out.string());
  const fs::path folder = out.has_parent_path() ? out.parent_path() : fs::path(".");
  ensure(fs::is_directory(folder), "{}: expected an existing folder, found no \"{}\"; create it",
         option, folder.string());
  ensure(!fs::exists(out) || fs::is_regular_file(out),
         "{}: expected a file, found that \"{}\" is none; choose another name", option,
         out.string());
  for (const fs::path& input : inputs) {
    std::error_code missing;
    ensure(!fs::equivalent(out, input, missing),
           "{}: expected another file than those that are read, found \"{}\" twice; choose "
           "another name", option, out.string());
  }
}

}  // namespace deepmine
