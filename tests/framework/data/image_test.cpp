#include "framework/data/image.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>

#include "tests/support/error_text.h"
#include "tests/support/image_files.h"

namespace deepmine {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::string text_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

Bytes pixels_of(const std::string& file) { return decode_image(file, "x").pixels; }

/// Some RGB image, different everywhere.
Bytes gradient(std::size_t height, std::size_t width) {
  Bytes pixels;
  for (std::size_t i = 0; i < height * width; ++i) {
    for (const std::size_t factor : {7, 3, 11}) pixels.push_back(static_cast<std::uint8_t>(i * factor));
  }
  return pixels;
}

/// Rows without filters.
std::string plain_rows(const Bytes& pixels, std::size_t row) {
  std::string rows;
  for (std::size_t at = 0; at < pixels.size(); at += row) rows += '\0' + text_of(pixels).substr(at, row);
  return rows;
}

/// The rows of the seven passes of Adam7 (PNG, section 8.2), RGB.
std::string interlaced_rows(const Bytes& pixels, std::size_t height, std::size_t width) {
  const std::size_t passes[7][4] = {{0, 0, 8, 8}, {0, 4, 8, 8}, {4, 0, 8, 4}, {0, 2, 4, 4},
                                    {2, 0, 4, 2}, {0, 1, 2, 2}, {1, 0, 2, 1}};
  std::string rows;
  for (const auto& [top, left, down, right] : passes) {
    for (std::size_t y = top; y < height && left < width; y += down) {
      rows += '\0';
      for (std::size_t x = left; x < width; x += right) rows += text_of(pixels).substr((y * width + x) * 3, 3);
    }
  }
  return rows;
}

TEST_CASE("a PNG has the values that stand in it") {
  const Image grey = decode_image(png_of({3, 2}, std::string("\0abc\0def", 8)), "x");
  CHECK((grey.size == ImageSize{2, 3} && grey.channels == 1));
  CHECK(grey.pixels == Bytes{'a', 'b', 'c', 'd', 'e', 'f'});
  const Bytes colours = gradient(9, 5);
  const Image rgb = decode_image(png_of({5, 9, 8, 2}, plain_rows(colours, 15)), "x");
  CHECK((rgb.size == ImageSize{9, 5} && rgb.channels == 3 && rgb.pixels == colours));
  CHECK(pixels_of(png_of({5, 9, 8, 2, 1}, interlaced_rows(colours, 9, 5))) == colours);
}

TEST_CASE("grey of other depths is spread over 8 bits") {
  CHECK(pixels_of(png_of({3, 1, 1}, std::string("\0\xa0", 2))) == Bytes{255, 0, 255});
  CHECK(pixels_of(png_of({4, 1, 2}, std::string("\0\x1b", 2))) == Bytes{0, 85, 170, 255});
  CHECK(pixels_of(png_of({2, 1, 4}, std::string("\0\x1f", 2))) == Bytes{17, 255});
  // 65535 -> 255, 385 -> 1.498, 386 -> 1.502
  CHECK(pixels_of(png_of({3, 1, 16}, std::string("\0\xff\xff\1\x81\1\x82", 7))) == Bytes{255, 1, 2});
}

TEST_CASE("a palette is looked up, and what is transparent keeps its colour") {
  const std::string palette = png_chunk("PLTE", "abcdef"), alphas = png_chunk("tRNS", std::string("\0\x80", 2));
  for (const std::string& before : {palette, palette + alphas}) {
    const Image image = decode_image(png_of({2, 1, 8, 3}, std::string("\0\1\0", 3), before), "x");
    CHECK(image.channels == 3);
    CHECK(text_of(image.pixels) == "defabc");
  }
  CHECK(text_of(pixels_of(png_of({2, 1, 8, 6}, std::string("\0abc\0def\x80", 9)))) == "abcdef");
  CHECK(text_of(pixels_of(png_of({2, 1, 8, 4}, std::string("\0a\0b\xff", 5)))) == "ab");
  CHECK(text_of(pixels_of(png_of({1, 1}, std::string("\0a", 2), png_chunk("tRNS", std::string("\0a", 2))))) == "a");
}

TEST_CASE("gamma and other words about an image change no value") {
  const std::string rows("\0\x40\x80", 3);
  const std::string words = png_chunk("gAMA", big_endian_word(100000)) + png_chunk("tEXt", std::string("a\0b", 3));
  CHECK(pixels_of(png_of({2, 1}, rows, words)) == Bytes{0x40, 0x80});
}

TEST_CASE("a JPEG has nearly the values that were written, and as many channels") {
  const auto check_near = [](const std::string& file, const Bytes& wanted, std::size_t channels) {
    const Image image = decode_image(file, "x");
    CHECK((image.channels == channels && image.size == ImageSize{8, 16}));
    REQUIRE(image.pixels.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(std::abs(image.pixels[i] - wanted[i]) <= 2);
  };
  Bytes grey, colours;
  for (std::uint8_t i = 0; i < 128; ++i) {
    grey.push_back(i);
    colours.insert(colours.end(), {200, 40, 90});
  }
  check_near(jpeg_of(8, 16, 1, text_of(grey)), grey, 1);
  check_near(jpeg_of(8, 16, 3, text_of(colours)), colours, 3);
  CHECK(pixels_of(jpeg_of(8, 16, 1, text_of(grey), true)) == pixels_of(jpeg_of(8, 16, 1, text_of(grey))));
}

TEST_CASE("a CMYK JPEG and other formats are refused as such") {
  CHECK_THAT(error_text([] { decode_image(jpeg_of(8, 8, 4, std::string(256, 'a')), "a.jpg"); }),
             Catch::Contains("a.jpg: expected a grey or RGB JPEG, found CMYK"));
  for (const char* file : {"", "GIF89a", "BM", "\xff\xd8", "\x89PN"}) {
    CHECK_THAT(error_text([&] { decode_image(file, "a.png"); }),
               Catch::Contains("a.png: expected a PNG or JPEG image"));
  }
}

TEST_CASE("an image that is cut off anywhere is refused by name") {
  const std::string colours = text_of(gradient(8, 8));
  for (const std::string& file : {png_of({8, 8, 8, 2}, plain_rows(gradient(8, 8), 24)), jpeg_of(8, 8, 3, colours),
                                  jpeg_of(8, 8, 3, colours, true)}) {
    for (std::size_t size = 0; size < file.size(); ++size) {
      CAPTURE(size);
      CHECK_THAT(error_text([&] { decode_image(std::string_view(file).substr(0, size), "a.img"); }),
                 Catch::StartsWith("a.img: expected "));
    }
    decode_image(file, "a.img");
  }
}

TEST_CASE("a PNG with any bit flipped is refused") {
  const std::string sound = png_of({8, 8, 8, 2}, plain_rows(gradient(8, 8), 24));
  for (std::size_t bit = 0; bit < 8 * sound.size(); ++bit) {
    CAPTURE(bit);
    std::string file = sound;
    file[bit / 8] = static_cast<char>(file[bit / 8] ^ 1 << bit % 8);
    CHECK_THROWS_AS(decode_image(file, "a.png"), Error);
  }
}

TEST_CASE("a size that is not the expected one, that is too large or that cannot be is told from the header") {
  const std::string file = flat_png(4, 6, "a");
  CHECK(decode_image(file, "a.png", ImageSize{4, 6}).pixels.size() == 24);
  CHECK_THAT(error_text([&] {
               decode_image(file, "a.png", ImageSize{6, 4});
             }),
             Catch::Contains("a.png: expected an image of 6 x 4") && Catch::Contains("found 4 x 6"));
  CHECK_THAT(error_text([] {
               decode_image(png_of({5000, 5000}, "x"), "a.png");
             }),
             Catch::Contains("at most 16777216 pixels"));
  CHECK_THAT(error_text([] { decode_image(png_of({4000, 4000}, "x"), "a.png"); }), Catch::Contains("as many bytes as"));
  CHECK_THROWS_AS(decode_image(png_of({0, 4}, "x"), "a.png"), Error);
  std::string jpeg = jpeg_of(8, 8, 1, std::string(64, 'a'));
  const std::size_t sizes = jpeg.find("\xff\xc0") + 5;
  jpeg.replace(sizes, 4, "\x0f\xff\x0f\xff");
  CHECK_THAT(error_text([&] { decode_image(jpeg, "a.jpg"); }),
             Catch::Contains("a.jpg: ") && Catch::Contains("4095 x 4095"));
  jpeg.replace(sizes, 4, std::string("\0\x20\0\x20", 4));
  CHECK_THAT(error_text([&] { decode_image(jpeg, "a.jpg"); }), Catch::Contains("a.jpg: expected a whole JPEG image"));
}

}  // namespace
}  // namespace deepmine
