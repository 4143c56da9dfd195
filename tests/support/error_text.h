#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "framework/core/error.h"

namespace deepmine {

/// The text of the `Error` that `action` throws, which must be one line; fails the test otherwise.
template <typename Action>
std::string error_text(Action action) {
  std::string text;
  try {
    action();
  } catch (const Error& error) {
    text = error.what();
  }
  INFO("text of the error: " << text);
  REQUIRE_FALSE(text.empty());
  REQUIRE(text.find('\n') == std::string::npos);
  return text;
}

}  // namespace deepmine
