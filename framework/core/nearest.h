#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deepmine {

/// How many letters must be put in, left out or exchanged to turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word a mistyped one was probably meant to be: at most a third of its letters, or two
/// of a short one, are wrong. Of equally near ones the first.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

/// For messages: "did you mean bim?" or, when nothing is near, "known: bim, fgsm".
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace deepmine
