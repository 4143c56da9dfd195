#include "framework/detect/non_local_means.h"

#include "framework/core/error.h"

#ifdef DEEPMINE_OPENCV_PHOTO
#include <opencv2/imgproc.hpp>
#include <opencv2/photo.hpp>

#include "framework/core/parallel_blocks.h"
#endif

namespace deepmine {

#ifdef DEEPMINE_OPENCV_PHOTO

namespace {

/// uint8 [H,W,C] in place.
void denoise(const NonLocalMeans& how, torch::Tensor image) {
  const int type = image.size(2) == 3 ? CV_8UC3 : CV_8UC1;
  cv::Mat pixels(static_cast<int>(image.size(0)), static_cast<int>(image.size(1)), type, image.data_ptr());
  const auto strength = static_cast<float>(how.strength);
  const auto patch = static_cast<int>(how.patch), search = static_cast<int>(how.search);
  cv::Mat result;
  if (type == CV_8UC1) {
    cv::fastNlMeansDenoising(pixels, result, strength, patch, search);
  } else {
    cv::Mat blue_first;
    cv::cvtColor(pixels, blue_first, cv::COLOR_RGB2BGR);
    cv::fastNlMeansDenoisingColored(blue_first, result, strength, strength, patch, search);
    cv::cvtColor(result, result, cv::COLOR_BGR2RGB);
  }
  result.copyTo(pixels);
}

}  // namespace

bool NonLocalMeans::is_built() { return true; }

std::string NonLocalMeans::version() { return CV_VERSION; }

torch::Tensor NonLocalMeans::operator()(const torch::Tensor& images, std::size_t threads) const {
  ensure(images.size(1) == 1 || images.size(1) == 3, "nlm: expected images of one or three channels, found {}",
         images.size(1));
  cv::setNumThreads(0);  // ours are enough
  const torch::Tensor rounded = (images * 255).round().clamp(0, 255).to(torch::kUInt8);
  const torch::Tensor levels = rounded.permute({0, 2, 3, 1}).contiguous();
  parallel_blocks(static_cast<std::size_t>(levels.size(0)), 16, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) denoise(*this, levels[static_cast<std::int64_t>(i)]);
  });
  return levels.permute({0, 3, 1, 2}).to(torch::kFloat32).contiguous() / 255;
}

#else

bool NonLocalMeans::is_built() { return false; }

std::string NonLocalMeans::version() { return {}; }

torch::Tensor NonLocalMeans::operator()(const torch::Tensor& images, std::size_t) const {
  require();
  return images;
}

#endif

void NonLocalMeans::require() {
  ensure(is_built(),
         "nlm: expected a program built with OpenCV's photo module, found one built without; install "
         "libopencv-photo-dev and build it again, or leave nlm out");
}

}  // namespace deepmine
