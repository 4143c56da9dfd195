#include "framework/data/jpeg.h"

// clang-format off: jpeglib.h needs the one before
#include <stdio.h>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <csetjmp>

#include "framework/core/error.h"

namespace deepmine {
namespace {

/// A progressive file of a few kilobytes could ask for thousands of passes over all pixels.
constexpr int kMostScans = 100;

constexpr long kMostMemory = 1L << 28;  // bytes that libjpeg may take

/// What libjpeg's callbacks see.
struct Handler {
  jpeg_error_mgr errors;  ///< first: libjpeg gives the callbacks a pointer to it
  jpeg_progress_mgr progress;
  std::jmp_buf back;
  char problem[JMSG_LENGTH_MAX];
};

[[noreturn]] void stop(j_common_ptr decoder) {
  auto& handler = *reinterpret_cast<Handler*>(decoder->err);
  handler.errors.format_message(decoder, handler.problem);
  std::longjmp(handler.back, 1);
}

/// Whether a warning is about something beside the pixels.
bool harmless(int message) {
  return message == JWRN_EXTRANEOUS_DATA || message == JWRN_JFIF_MAJOR || message == JWRN_ADOBE_XFORM;
}

/// libjpeg warns where it guesses what was lost, and paints it grey.
void warn(j_common_ptr decoder, int level) {
  if (level < 0 && !harmless(decoder->err->msg_code)) stop(decoder);
}

void count_scans(j_common_ptr decoder) {
  if (reinterpret_cast<j_decompress_ptr>(decoder)->input_scan_number <= kMostScans) return;
  auto& handler = *reinterpret_cast<Handler*>(decoder->err);
  std::snprintf(handler.problem, sizeof handler.problem, "more than %d scans", kMostScans);
  std::longjmp(handler.back, 1);
}

/// libjpeg reports errors by a jump over the frames that called it. It is called in `ran` only, by steps that own
/// nothing: no destructor is jumped over, and everything else throws and returns as usual.
class JpegReader {
 public:
  JpegReader(std::string_view bytes, std::string_view name) : bytes_(bytes), name_(name) {
    decoder_.err = jpeg_std_error(&handler_.errors);
    handler_.errors.error_exit = stop;
    handler_.errors.emit_message = warn;
    handler_.progress.progress_monitor = count_scans;
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&decoder_); }

  ImageSize header() {
    guarded([](JpegReader& self) {
      jpeg_create_decompress(&self.decoder_);
      self.decoder_.progress = &self.handler_.progress;
      self.decoder_.mem->max_memory_to_use = kMostMemory;
      jpeg_mem_src(&self.decoder_, reinterpret_cast<const unsigned char*>(self.bytes_.data()), self.bytes_.size());
      jpeg_read_header(&self.decoder_, TRUE);
    });
    check_colours();
    return {decoder_.image_height, decoder_.image_width};
  }

  Image image(ImageSize size) {
    const bool grey = decoder_.jpeg_color_space == JCS_GRAYSCALE;
    decoder_.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    guarded([](JpegReader& self) { jpeg_start_decompress(&self.decoder_); });
    Image image{size, grey ? std::size_t{1} : std::size_t{3}, {}};
    image.pixels.resize(size.height * size.width * image.channels);
    pixels_ = image.pixels.data();
    guarded([](JpegReader& self) { self.read_rows(); });
    return image;
  }

 private:
  using Step = void (*)(JpegReader&);

  void check_colours() const {
    const J_COLOR_SPACE colours = decoder_.jpeg_color_space;
    ensure(colours != JCS_CMYK && colours != JCS_YCCK,
           "{}: expected a grey or RGB JPEG, found CMYK, which is for print; convert it to RGB", name_);
    ensure(colours == JCS_GRAYSCALE || colours == JCS_YCbCr || colours == JCS_RGB,
           "{}: expected a grey or RGB JPEG, found one of {} channels; convert it to RGB", name_,
           decoder_.num_components);
  }

  void read_rows() {
    const std::size_t row = std::size_t{decoder_.output_width} * static_cast<std::size_t>(decoder_.output_components);
    while (decoder_.output_scanline < decoder_.output_height) {
      JSAMPROW next = pixels_ + decoder_.output_scanline * row;
      jpeg_read_scanlines(&decoder_, &next, 1);
    }
    jpeg_finish_decompress(&decoder_);
  }

  void guarded(Step step) {
    ensure(ran(step), "{}: expected a whole JPEG image, found a damaged one ({}); make or fetch it again", name_,
           handler_.problem);
  }

  bool ran(Step step) {
    if (setjmp(handler_.back) != 0) return false;
    step(*this);
    return true;
  }

  std::string_view bytes_, name_;
  Handler handler_{};
  jpeg_decompress_struct decoder_{};
  JSAMPROW pixels_ = nullptr;
};

}  // namespace

Image decode_jpeg(std::string_view bytes, std::string_view name, std::optional<ImageSize> expected) {
  JpegReader reader(bytes, name);
  const ImageSize size = reader.header();
  check_image_size(size, bytes, name, expected);
  return reader.image(size);
}

}  // namespace deepmine
