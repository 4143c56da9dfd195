#pragma once

#include <torch/script.h>

#include <exception>
#include <filesystem>
#include <string>

namespace deepmine {

/// The program in a TorchScript file, on the CPU whatever device it was saved on: weights are brought there, and
/// devices that its code names are taken for the CPU. It runs the code in the file, so load only what you trust. Throws
/// `Error` for a damaged file, one that is no TorchScript, one of a newer torch, and programs that take something else
/// than images.
torch::jit::Module load_script(const std::filesystem::path& path);

/// The line of a libtorch error that says why: the interpreter's is its last ("RuntimeError: ..."), any other's the
/// first; the rest is a stack trace for developers.
std::string reason_of(const std::exception& error);

/// Whether an error's reason is a device that is not there.
bool names_a_device(const std::string& reason);

}  // namespace deepmine
