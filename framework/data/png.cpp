#include "framework/data/png.h"

#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <new>

#include "framework/core/error.h"

namespace deepmine {
namespace {

/// What libpng's callbacks see.
struct Source {
  const char* next;
  std::size_t left;
  char problem[160];
};

void take(png_structp png, png_bytep to, std::size_t size) {
  auto& source = *static_cast<Source*>(png_get_io_ptr(png));
  if (size > source.left) png_error(png, "it ends too early");
  std::memcpy(to, source.next, size);
  source.next += size;
  source.left -= size;
}

[[noreturn]] void stop(png_structp png, png_const_charp problem) {
  auto& source = *static_cast<Source*>(png_get_error_ptr(png));
  std::snprintf(source.problem, sizeof source.problem, "%s", problem);
  png_longjmp(png, 1);
}

void ignore(png_structp, png_const_charp) {}

/// libpng reports errors by a jump over the frames that called it. It is called in `ran` only, by steps that own
/// nothing: no destructor is jumped over, and everything else throws and returns as usual.
class PngReader {
 public:
  PngReader(std::string_view bytes, std::string_view name)
      : name_(name),
        source_{bytes.data(), bytes.size(), ""},
        png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, &source_, stop, ignore)),
        info_(png_ == nullptr ? nullptr : png_create_info_struct(png_)) {
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
  }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  ImageSize header() {
    guarded([](PngReader& self) {
      png_set_read_fn(self.png_, &self.source_, take);
      png_set_chunk_malloc_max(self.png_, png_alloc_size_t{1} << 20);
      png_set_keep_unknown_chunks(self.png_, PNG_HANDLE_CHUNK_NEVER, nullptr,
                                  -1);  // texts, profiles: all but the pixels
      png_read_info(self.png_, self.info_);
    });
    return {png_get_image_height(png_, info_), png_get_image_width(png_, info_)};
  }

  Image image(ImageSize size) {
    guarded([](PngReader& self) {
      png_set_expand_gray_1_2_4_to_8(self.png_);
      png_set_palette_to_rgb(self.png_);
      png_set_scale_16(self.png_);
      png_set_strip_alpha(self.png_);
      png_set_interlace_handling(self.png_);
      png_read_update_info(self.png_, self.info_);
    });
    Image image{size, png_get_channels(png_, info_), {}};
    const std::size_t row = size.width * image.channels;
    ensure(png_get_rowbytes(png_, info_) == row && (image.channels == 1 || image.channels == 3),
           "{}: expected a grey or RGB PNG, found one of {} channels; convert it", name_, image.channels);
    image.pixels.resize(size.height * row);
    rows_.resize(size.height);
    for (std::size_t y = 0; y < size.height; ++y) rows_[y] = image.pixels.data() + y * row;
    guarded([](PngReader& self) {
      png_read_image(self.png_, self.rows_.data());
      png_read_end(self.png_, nullptr);
    });
    return image;
  }

 private:
  using Step = void (*)(PngReader&);

  void guarded(Step step) {
    ensure(ran(step), "{}: expected a whole PNG image, found a damaged one ({}); make or fetch it again", name_,
           source_.problem);
  }

  bool ran(Step step) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    step(*this);
    return true;
  }

  std::string_view name_;
  Source source_;
  png_structp png_;
  png_infop info_;
  std::vector<png_bytep> rows_;
};

}  // namespace

Image decode_png(std::string_view bytes, std::string_view name, std::optional<ImageSize> expected) {
  PngReader reader(bytes, name);
  const ImageSize size = reader.header();
  check_image_size(size, bytes, name, expected);
  return reader.image(size);
}

}  // namespace deepmine
