#pragma once

#include <filesystem>
#include <string_view>

namespace deepmine {

/// Makes a file that is to be written this process's alone until it ends, with all that is named after it (a training's
/// state, an attack's batches). Throws `Error` when another process, on any machine that shares the folder, has it.
/// `option` is for the message. A path that leads to no file, or where no file can be made, has nothing to claim.
void claim_output(std::string_view option, const std::filesystem::path& out);

}  // namespace deepmine
