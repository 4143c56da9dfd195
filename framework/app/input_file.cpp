#include "framework/app/input_file.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "framework/core/array_file.h"
#include "framework/core/error.h"

namespace deepmine {
namespace fs = std::filesystem;

void add_csv_options(CommandLine& line) {
  namespace po = boost::program_options;
  line.add()("skip-header", po::bool_switch(),
             "the first line of each .csv file names its columns: leave it out (other files have no names)")(
      "index-column", po::bool_switch(), "the first column of each .csv file names its rows: leave it out");
}

CsvLayout csv_of(const CommandLine& line) { return {line.flag("skip-header"), line.flag("index-column")}; }

std::vector<std::int64_t> read_whole_numbers(const fs::path& file, std::size_t count,
                                             std::string_view what, const CsvLayout& csv) {
  CsvLayout layout = csv;
  layout.count = count;
  const Array array = read_array(file, layout);
  const auto long_axes = std::count_if(array.shape.begin(), array.shape.end(),
                                       [](std::size_t axis) { return axis != 1; });
  const bool one_more = is_csv_name(file) && long_axes <= 1 && array.size() == count + 1;
  const bool two_each = is_csv_name(file) && array.shape == std::vector<std::size_t>{count, 2};
  ensure(long_axes <= 1 && array.size() == count, "{}: expected {}, [{}], found {}; give one number for each{}",
         file.string(), what, count, array.description(),
         one_more   ? ", with --skip-header if the first is a header"
         : two_each ? ", with --index-column if the first column is an index"
                    : "");
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
    ensure(!fs::equivalent(out, ArrayName::of(input).file, missing),
           "{}: expected another file than those that are read, found \"{}\" twice; choose "
           "another name", option, out.string());
  }
}

}  // namespace deepmine
