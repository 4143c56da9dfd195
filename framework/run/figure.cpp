#include "framework/run/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "framework/core/error.h"
#include "framework/core/file.h"
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
    return fmt::format("set terminal svg size {},{} font 'DejaVu Sans,13' background rgb 'white' name {}\n"
                       "IMAGE = 'image pixels'\n", figure.width, figure.height, quoted("deepmine"));
  }
  return fmt::format("set terminal pngcairo size {},{} font 'DejaVu Sans,10'\nIMAGE = 'image'\n",
                     figure.width, figure.height);
}

/// What gnuplot said to a program in a file.
void run_gnuplot(const fs::path& program, const Figure& figure) {
  const std::string command = fmt::format("gnuplot '{}' 2>&1", program.string());
  std::FILE* pipe = popen(command.c_str(), "r");
  ensure(pipe != nullptr, "figures: cannot start gnuplot");
  std::string said;
  std::array<char, 512> piece{};
  while (std::fgets(piece.data(), piece.size(), pipe) != nullptr) said += piece.data();
  const int status = pclose(pipe);
  ensure(status == 0, "figures: gnuplot could not draw \"{}\" ({}); install gnuplot-nox, or see {}",
         figure.name, said.substr(0, said.find('\n')), program.string());
}

/// gnuplot does not tell that it could not write.
void ensure_whole(const fs::path& image, bool vector, const fs::path& out) {
  const std::string bytes = read_file(image), end = vector ? "</svg>" : "IEND";
  ensure(bytes.find(end, bytes.size() - std::min<std::size_t>(bytes.size(), 16)) != std::string::npos,
         "cannot write \"{}\": gnuplot wrote only a part; check the disk's free space", out.string());
}

}  // namespace

std::vector<fs::path> draw(const std::vector<Figure>& figures, const fs::path& given) {
  const std::string text = given.string();
  const bool plain = std::none_of(text.begin(), text.end(), [](unsigned char c) { return c == '\'' || c < ' '; });
  ensure(plain, "figures: expected a folder without ' and line breaks in its name, found {}", text);
  const fs::path folder = fs::absolute(given);  // a name with a dash in front would be an option
  make_folder(folder);
  std::vector<fs::path> files;
  for (const Figure& figure : figures) {
    for (const bool vector : {true, false}) {
      throw_if_interrupted();
      const fs::path out = folder / (figure.name + (vector ? ".svg" : ".png"));
      const fs::path program = folder / (figure.name + ".gnuplot");
      const fs::path unfinished = folder / (figure.name + ".unfinished");
      write_file(program, fmt::format("{}set output {}\n{}{}\nset output\n", terminal(figure, vector),
                                      quoted(unfinished.string()), kStart, figure.program));
      run_gnuplot(program, figure);
      ensure_whole(unfinished, vector, out);
      fs::rename(unfinished, out);
      fs::remove(program);
      files.push_back(out);
    }
  }
  return files;
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("''") : std::string(1, c);
  return result + "'";
}

std::string colour(std::size_t i) {
  static const std::array<const char*, 7> kColours{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                   "#E69F00", "#56B4E9", "#000000"};
  return kColours.at(i % kColours.size());
}

}  // namespace deepmine
