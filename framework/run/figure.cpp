#include "framework/run/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/filter.h"
#include "framework/core/folder.h"
#include "framework/core/interrupt.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kStart =
    "set encoding utf8\n"
    "set border 3 lc rgb '#444444'\n"
    "set tics nomirror out scale 0.6 textcolor rgb '#222222'\n"
    "set key noautotitle\n";

std::string terminal(const Figure& figure, bool vector) {
  if (vector) {
    return fmt::format("set terminal svg size {},{} font 'DejaVu Sans,13' background rgb 'white' name {}\n",
                       figure.width, figure.height, quoted("deepmine"));
  }
  return fmt::format("set terminal pngcairo size {},{} font 'DejaVu Sans,10'\n", figure.width, figure.height);
}

/// Readers of svg blur what they enlarge, unless they are told not to.
std::string with_sharp_images(std::string svg) {
  const std::string image = "<image ", style = "style='image-rendering:pixelated' ";
  for (std::size_t at = svg.find(image); at != std::string::npos; at = svg.find(image, at)) {
    svg.insert(at += image.size(), style);
  }
  return svg;
}

/// The last line that gnuplot said: those before it repeat the program.
std::string complaint_in(const std::string& said) {
  const std::size_t end = said.find_last_not_of(" \n");
  if (end == std::string::npos) return "without a word";
  const std::size_t begin = said.rfind('\n', end);
  return said.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

/// The picture that gnuplot makes of a program. It gets no path and writes no file, so whatever a folder is called, and
/// whoever draws into it at the same time, is no matter of gnuplot's.
std::string picture_of(const Figure& figure, bool vector, const fs::path& folder) {
  const std::string program = terminal(figure, vector) + std::string(kStart) + figure.program + "\n";
  const Filtered drawn = run_filter({"gnuplot", "-"}, program);
  const std::string end = vector ? "</svg>" : "IEND";
  const bool whole =
      drawn.out.find(end, drawn.out.size() - std::min<std::size_t>(drawn.out.size(), 16)) != std::string::npos;
  if (drawn.code == 0 && whole) return vector ? with_sharp_images(drawn.out) : drawn.out;
  const fs::path kept = folder / (figure.name + ".gnuplot");
  write_file(kept, program);
  ensure(drawn.code <= 128, "figures: gnuplot was ended by signal {} while it drew \"{}\"; see {}", drawn.code - 128,
         figure.name, kept.string());
  fail("figures: gnuplot could not draw \"{}\" ({}); see {}", figure.name, complaint_in(drawn.err), kept.string());
}

}  // namespace

std::vector<fs::path> draw(const std::vector<Figure>& figures, const fs::path& folder) {
  make_folder(folder);
  std::vector<fs::path> files;
  for (const Figure& figure : figures) {
    for (const bool vector : {true, false}) {
      throw_if_interrupted();
      const fs::path out = folder / (figure.name + (vector ? ".svg" : ".png"));
      write_file(out, picture_of(figure, vector, folder));
      files.push_back(out);
    }
  }
  return files;
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    result += c == '\'' ? std::string("''") : std::string(1, control ? ' ' : c);
  }
  return result + "'";
}

std::string colour(std::size_t i) {
  static const std::array<const char*, 7> kColours{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                   "#E69F00", "#56B4E9", "#000000"};
  return kColours.at(i % kColours.size());
}

}  // namespace deepmine
