#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "framework/run/share.h"
#include "framework/run/unit_writer.h"

namespace deepmine {

class ResultStore;

/// A run in the store, as `ResultStore::begin_run` gives it. Work is cut into units: what is not
/// yet `unit_done` is measured and then written whole by `write_unit`, so a run that was killed
/// continues after its last whole unit. Several processes may measure a run, each its share of the units
/// into a store of its own.
class Run {
 public:
  Run(ResultStore& store, std::string uid, Share share = {})
      : store_(store), uid_(std::move(uid)), share_(std::move(share)) {}

  const std::string& uid() const { return uid_; }
  const Share& share() const { return share_; }
  /// Whether everything was measured already, now or earlier.
  bool finished() const;
  bool unit_done(std::string_view name) const;
  /// Whether the unit is of this process's share and not done yet.
  bool wants(std::string_view name) const;

  /// Writes all rows of a unit in one transaction: after a kill or a full disk either all of them
  /// are in the store or none. Other writers wait meanwhile, so measure first. Returns false and
  /// writes nothing when the unit is present, say from another process of the same run. Throws
  /// `Error` when the store's file was deleted or replaced since it was opened.
  bool write_unit(std::string_view name, const std::function<void(UnitWriter&)>& write);

  /// Does `work` and notes how it ended: finished, interrupted or failed with the error's text. The
  /// exception goes on to the caller. A run of which this process has a share only is left as
  /// interrupted: others have the rest.
  void execute(const std::function<void()>& work);

  /// Notes the time, which tells a live run from a dead one; `write_unit` does it too.
  void heartbeat();
  void finish();
  /// Keeps the run's rows and the error's text; a later `begin_run` continues it.
  void fail(std::string_view error);
  void interrupt();

 private:
  void set_status(std::string_view status, std::string_view error = {});

  ResultStore& store_;
  std::string uid_;
  Share share_;
};

}  // namespace deepmine
