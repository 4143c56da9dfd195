#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "framework/core/array.h"
#include "framework/core/file.h"

namespace deepmine {

using Json = nlohmann::json;

/// A folder of golden cases.
class Golden {
 public:
  explicit Golden(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// None, and the test is skipped, where the reference values are not there.
  static std::optional<Golden> find(const std::string& name) {
    const char* shared = std::getenv("DEEPMINE_SHARED");
    if (shared != nullptr && std::filesystem::exists(std::filesystem::path(shared) / "golden" / name)) {
      return Golden(std::filesystem::path(shared) / "golden" / name);
    }
    WARN("SKIPPED: golden cases of " << name << " need DEEPMINE_SHARED");
    return std::nullopt;
  }

  Json json(const std::string& name) const { return Json::parse(read_file(folder_ / (name + ".json"))); }
  /// "a_tiny1d_train" of a .npy file, or "b_mulasso.npz:A0".
  Matrix<double> matrix(const std::string& name) const { return matrix_as<double>(array(name), name); }
  std::vector<double> values(const std::string& name) const { return values_as<double>(array(name), name); }
  std::vector<std::int64_t> integers(const std::string& name) const {
    return values_as<std::int64_t>(array(name), name);
  }

 private:
  Array array(const std::string& name) const {
    return read_array(folder_ / (name.find(".npz:") == std::string::npos ? name + ".npy" : name));
  }

  std::filesystem::path folder_;
};

/// The largest distance of two entries at the same place.
inline double largest_difference(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  double largest = 0;
  for (std::size_t i = 0; i < found.size(); ++i) largest = std::max(largest, std::abs(found[i] - expected[i]));
  return largest;
}

}  // namespace deepmine
