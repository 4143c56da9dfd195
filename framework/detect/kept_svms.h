#pragma once

#include <string>

#include "framework/core/npz.h"
#include "framework/learn/class_svms.h"

namespace deepmine {

/// Puts machines into what a detector has learnt, under `name`: as much of them as scores hang on.
void keep(const ClassSvms& svms, const std::string& name, Npz& content);

/// Takes them out again. Throws `Error` for what `keep` did not put there.
ClassSvms kept_svms(const Npz& content, const std::string& name);

}  // namespace deepmine
