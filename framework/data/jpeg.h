#pragma once

#include "framework/data/image.h"

namespace deepmine {

/// `decode_image` of a JPEG, by libjpeg.
Image decode_jpeg(std::string_view bytes, std::string_view name, std::optional<ImageSize> expected);

}  // namespace deepmine
