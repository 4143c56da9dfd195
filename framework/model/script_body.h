#pragma once

#include <filesystem>
#include <memory>

#include "framework/model/model.h"

namespace deepmine {

/// Runs the program of a TorchScript file, a user's. It gets a copy of the images at each call and what it returns is
/// copied, so that whatever it changes in place, keeps or hands out of its own concerns nobody else; gradients flow
/// through both copies. Images are brought to the type of its weights when it takes no other; what comes out in a type
/// of less precision than float32 comes back as float32. Throws `Error` for files that `load_script` refuses.
std::unique_ptr<ModelBody> script_body(const std::filesystem::path& path);

}  // namespace deepmine
