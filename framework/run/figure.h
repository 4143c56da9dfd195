#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace deepmine {

/// A picture as a program for gnuplot that names neither terminal nor output; what it draws `with image` or
/// `with rgbimage` has sharp squares for pixels.
struct Figure {
  std::string name;  ///< of its files
  std::string text;  ///< what it shows, in a sentence
  int width = 900;   ///< pixels
  int height = 600;
  std::string program;
};

/// Draws each figure as NAME.svg and NAME.png into `folder`, which is made; returns the files. Each takes its place
/// when it is whole. Throws `Error` where gnuplot is missing or refuses the program, which is left beside them then.
std::vector<std::filesystem::path> draw(const std::vector<Figure>& figures,
                                        const std::filesystem::path& folder);

/// A text between quotes as gnuplot takes it literally, control characters as blanks. Every text that is not written in
/// the source comes into a program through this.
std::string quoted(const std::string& text);

/// Colours that people with any colour vision tell apart, by Okabe and Ito 2008; repeats from 0 on.
std::string colour(std::size_t i);

}  // namespace deepmine
