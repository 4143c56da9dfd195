#pragma once

#include <filesystem>
#include <string_view>

namespace deepmine {

/// Makes a file that is to be written this process's alone until it ends, with all that is named after it (a training's
/// state, an attack's batches). Throws `Error` when another process, on any machine that shares the folder, has it.
/// `option` is for the message. A path that leads to no file, or where no file can be made, has nothing to claim. While
/// the other process is not at work yet, and may still be refused, this waits for some seconds; then, and as soon as it
/// is at work, it does not.
void claim_output(std::string_view option, const std::filesystem::path& out);

/// Tells those who want the claimed files that this process is at work on them.
void at_work_on_outputs();

}  // namespace deepmine
