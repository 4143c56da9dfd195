#pragma once

#include "framework/data/image.h"

namespace deepmine {

/// `decode_image` of a PNG, by libpng.
Image decode_png(std::string_view bytes, std::string_view name, std::optional<ImageSize> expected);

}  // namespace deepmine
