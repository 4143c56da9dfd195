#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "framework/model/model.h"

namespace deepmine {

/// Runs the program of a TorchScript file, a user's. It gets a copy of the images at each call and what it returns is
/// copied, so that whatever it changes in place, keeps or hands out of its own concerns nobody else; gradients flow
/// through both copies. Images are brought to the type of its weights when it takes no other; what comes out in a type
/// of less precision than float32 comes back as float32. Throws `Error` for files that `load_script` refuses.
///
/// Of a program that returns several tensors, see `returned_tensors`, the one named `output` is the model's output, or
/// where `output` is empty the one called "output" or "logits". All of them are layers, and so are those within, see
/// `ScriptLayers`, which are looked for when they are first asked for: without a tap that names some, the program runs
/// as it is in the file.
std::unique_ptr<ModelBody> script_body(const std::filesystem::path& path, const std::string& output);

}  // namespace deepmine
