#pragma once

// clang-format off: jpeglib.h needs the one before
#include <stdio.h>
#include <jpeglib.h>
// clang-format on

#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace deepmine {

inline std::string big_endian_word(std::size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
  return bytes;
}

inline std::string png_chunk(const std::string& kind, const std::string& content) {
  const std::string checked = kind + content;
  const auto crc = ::crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
  return big_endian_word(content.size()) + checked + big_endian_word(crc);
}

inline std::string deflated(const std::string& content) {
  uLongf size = ::compressBound(content.size());
  std::string packed(size, '\0');
  ::compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(content.data()),
             content.size());
  packed.resize(size);
  return packed;
}

/// How the rows of a PNG are to be read.
struct PngForm {
  std::size_t width = 1, height = 1;
  char depth = 8, colours = 0;  ///< colours: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA
  char interlace = 0;
};

/// A PNG written by hand: `rows` as they are packed, each begins with its filter (0 for none); `before` are chunks that
/// come before them.
inline std::string png_of(const PngForm& form, const std::string& rows, const std::string& before = {}) {
  const std::string header = big_endian_word(form.width) + big_endian_word(form.height) + form.depth + form.colours +
                             std::string(2, '\0') + form.interlace;
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + before + png_chunk("IDAT", deflated(rows)) +
         png_chunk("IEND", {});
}

/// A PNG of one colour: grey for one channel, RGB for three.
inline std::string flat_png(std::size_t height, std::size_t width, const std::string& colour) {
  std::string row(1, '\0');
  for (std::size_t x = 0; x < width; ++x) row += colour;
  std::string rows;
  for (std::size_t y = 0; y < height; ++y) rows += row;
  return png_of({width, height, 8, static_cast<char>(colour.size() == 1 ? 0 : 2)}, rows);
}

/// A JPEG of `pixels` [H,W,C] by libjpeg at the highest quality; 1 grey, 3 RGB, 4 CMYK.
inline std::string jpeg_of(std::size_t height, std::size_t width, int channels, std::string pixels,
                           bool progressive = false) {
  jpeg_error_mgr errors;
  jpeg_compress_struct encoder{};
  encoder.err = jpeg_std_error(&errors);
  jpeg_create_compress(&encoder);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&encoder, &bytes, &size);
  encoder.image_height = static_cast<JDIMENSION>(height);
  encoder.image_width = static_cast<JDIMENSION>(width);
  encoder.input_components = channels;
  encoder.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&encoder);
  jpeg_set_quality(&encoder, 100, TRUE);
  if (progressive) jpeg_simple_progression(&encoder);
  jpeg_start_compress(&encoder, TRUE);
  while (encoder.next_scanline < encoder.image_height) {
    auto* row =
        reinterpret_cast<JSAMPROW>(pixels.data()) + encoder.next_scanline * width * static_cast<std::size_t>(channels);
    jpeg_write_scanlines(&encoder, &row, 1);
  }
  jpeg_finish_compress(&encoder);
  jpeg_destroy_compress(&encoder);
  const std::string result(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  return result;
}

}  // namespace deepmine
