#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace deepmine {

/// The units of a run that a process measures: all of them, or those that a plan gives it.
class Share {
 public:
  /// All units, of whatever run.
  Share() = default;
  /// `units` of the run `uid`, planned when its inputs (role -> sha256) were `inputs`.
  Share(std::string uid, std::map<std::string, std::string> inputs, std::set<std::string, std::less<>> units)
      : uid_(std::move(uid)), inputs_(std::move(inputs)), units_(std::move(units)) {}

  bool whole() const { return uid_.empty(); }
  bool has(std::string_view unit) const { return whole() || units_.find(unit) != units_.end(); }
  /// Throws `Error` that says what differs when a run of `uid` and `inputs` is not the planned one.
  void check(const std::string& uid, const std::map<std::string, std::string>& inputs) const;

 private:
  std::string uid_;
  std::map<std::string, std::string> inputs_;
  std::set<std::string, std::less<>> units_;
};

}  // namespace deepmine
