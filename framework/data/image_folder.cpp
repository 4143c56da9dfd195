#include "framework/data/image_folder.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "framework/core/error.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

/// A link may lead back.
constexpr int kDeepest = 16;
constexpr std::size_t kMostFiles = std::size_t{1} << 22;

const std::set<std::string> kRead{".png", ".jpg", ".jpeg"};
const std::set<std::string> kNotRead{".bmp", ".gif", ".tif", ".tiff", ".webp",
                                     ".ppm", ".pgm", ".jp2", ".heic", ".avif"};

std::string lower_extension(const fs::path& file) {
  std::string result = file.extension().string();
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

bool is_hidden(const fs::path& file) { return file.filename().string().front() == '.'; }

/// Whether a file is an image that is to be read.
bool is_image(const fs::path& file) {
  if (is_hidden(file)) return false;
  const std::string extension = lower_extension(file);
  ensure(kNotRead.count(extension) == 0, "{}: expected PNG or JPEG images, found {}; convert it", file.string(),
         extension);
  return kRead.count(extension) > 0;
}

/// By the folder, then by the name in it.
bool comes_before(const fs::path& a, const fs::path& b) {
  const int folders = a.parent_path().native().compare(b.parent_path().native());
  return folders != 0 ? folders < 0 : a.native() < b.native();
}

void check_readable(const fs::path& folder, const std::error_code& problem) {
  ensure(!problem, "{}: expected a folder that can be read, found one that cannot ({})", folder.string(),
         problem.message());
}

/// All files below a folder, in no order, but for those of hidden folders.
std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code problem, ignored;
  fs::recursive_directory_iterator place(folder, fs::directory_options::follow_directory_symlink, problem);
  for (; !problem && place != fs::recursive_directory_iterator(); place.increment(problem)) {
    ensure(place.depth() < kDeepest, "{}: expected folders at most {} deep, found more; does a link lead back?",
           folder.string(), kDeepest);
    if (place->is_directory(ignored)) {
      if (is_hidden(place->path())) place.disable_recursion_pending();
    } else if (is_image(place->path())) {
      files.push_back(place->path());
    }
    ensure(files.size() <= kMostFiles, "{}: expected at most {} images, found more", folder.string(), kMostFiles);
  }
  check_readable(folder, problem);
  return files;
}

}  // namespace

std::vector<fs::path> image_files(const fs::path& folder) {
  std::vector<fs::path> files = files_below(folder);
  ensure(!files.empty(), "{}: expected images (.png, .jpg, .jpeg), found none", folder.string());
  std::sort(files.begin(), files.end(), comes_before);
  return files;
}

std::vector<std::string> class_folders(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code problem, ignored;
  fs::directory_iterator place(folder, problem);
  for (; !problem && place != fs::directory_iterator(); place.increment(problem)) {
    if (is_hidden(place->path())) continue;
    if (place->is_directory(ignored)) {
      names.push_back(place->path().filename().string());
    } else {
      ensure(!is_image(place->path()), "{}: expected images in folders of their classes only, found one beside them",
             place->path().string());
    }
  }
  check_readable(folder, problem);
  ensure(!names.empty(),
         "{}: expected a folder for each class, found none; say classes=false for images without classes",
         folder.string());
  std::sort(names.begin(), names.end());
  return names;
}

Dataset read_unlabelled(Part part, const fs::path& folder, ImageChannels channels) {
  return {{}, part, read_images(image_files(folder), channels), {}, {}, {}};
}

Dataset read_labelled(Part part, const fs::path& folder, std::vector<std::string> classes, ImageChannels channels) {
  std::vector<fs::path> files;
  std::vector<std::int64_t> labels;
  for (const std::string& name : class_folders(folder)) {
    const auto known = std::find(classes.begin(), classes.end(), name);
    ensure(known != classes.end(), "{}: expected a folder of one of the classes to train on, found \"{}\"",
           folder.string(), name);
    const std::vector<fs::path> found = image_files(folder / name);
    files.insert(files.end(), found.begin(), found.end());
    labels.resize(files.size(), known - classes.begin());
  }
  const torch::Tensor classified = torch::tensor(labels, torch::kInt64);
  return {{}, part, read_images(files, channels), classified, std::move(classes), {}};
}

Dataset read_published_images(std::string_view name, Part part, const fs::path& folder, std::int64_t count) {
  check_part(name, part, Part::kTest);
  const std::vector<fs::path> files = image_files(folder);
  ensure(static_cast<std::int64_t>(files.size()) == count,
         "{}: expected the {} images of {}, found {}; fetch them again", folder.string(), count, name, files.size());
  Dataset result{std::string(name), part, read_images(files, ImageChannels::kColour), {}, {}, {}};
  ensure(result.images.size(2) == 32 && result.images.size(3) == 32, "{}: expected images of 32 x 32, found {} x {}",
         folder.string(), result.images.size(2), result.images.size(3));
  return result;
}

}  // namespace deepmine
