#include "framework/app/tensor_file.h"

#include <algorithm>

#include "framework/app/input_file.h"
#include "framework/core/error.h"
#include "framework/core/matrix_file.h"
#include "framework/model/classifier.h"

namespace deepmine {
namespace {

/// Images have more axes than rows and columns.
constexpr CsvLayout kNoText{false, false, {}, false};

/// Bytes 0 ... 255 are images too, but which scale they mean is for the user to say.
void check_bytes(const Array& array, const std::filesystem::path& file) {
  const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&array.values);
  if (bytes == nullptr || bytes->empty()) return;
  const int highest = *std::max_element(bytes->begin(), bytes->end());
  ensure(
      highest <= 1,
      "{}: expected float32 pixels in [0,1], found uint8 up to {}; save them as float32, value / 255, or for a model "
      "that takes pixels from 0 to 255 give --range 0,255",
      file.string(), highest);
}

template <typename T>
torch::Tensor tensor_of(std::vector<T> values, const std::vector<std::int64_t>& shape) {
  const auto type = torch::CppTypeToScalarType<T>::value;
  return torch::from_blob(values.data(), shape, type).clone();
}

}  // namespace

ImageFile read_images(const std::filesystem::path& file, const PixelRange& range, Outside outside) {
  const Array array = read_array(file, kNoText);
  ensure(array.shape.size() == 4 && array.size() > 0,
         "{}: expected images [N,C,H,W], found {}; "
         "reshape them to four axes",
         file.string(), array.description());
  if (range.is_unit()) check_bytes(array, file);
  const torch::Tensor pixels =
      tensor_of(values_as<float>(array, file.string()), {array.shape.begin(), array.shape.end()});
  ImageFile result{unit_images(pixels, range, file.string(), outside), {}};
  if (const auto doubt = doubt_about_range(pixels, range, file.string())) result.warnings.push_back(*doubt);
  return result;
}

std::uint64_t image_bytes(const std::filesystem::path& file) {
  const MatrixFile found(file, "images [N,C,H,W]", kNoText);
  return std::uint64_t{found.rows()} * found.cols() * sizeof(float);
}

torch::Tensor read_classes(const std::filesystem::path& file, std::int64_t count, const CsvLayout& csv) {
  return tensor_of(
      read_whole_numbers(file, static_cast<std::size_t>(count), "one class for each image", csv),
      {count});
}

Array array_of(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().to(torch::kFloat32).contiguous();
  const float* begin = values.data_ptr<float>();
  return {{values.sizes().begin(), values.sizes().end()},
          std::vector<float>(begin, begin + values.numel())};
}

}  // namespace deepmine
