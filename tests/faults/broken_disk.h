#pragma once

#include "tests/faults/fault_table.h"
#include "tests/faults/private_disk.h"
#include "tests/faults/tiny_run.h"

namespace deepmine {

/// A command that writes to a disk on which it cannot, and the same again once it can.
struct Stage {
  std::string name;
  Words words;
  std::string file;             ///< which the message names
  std::string next;             ///< what `check` makes sure of, in words
  std::function<void()> check;  ///< after the second run
  bool needed = true;           ///< whether the command fails; otherwise it warns
};

/// The same command with `NAME=VALUE` in its environment.
inline Words with_environment(const std::string& setting, const Words& words) {
  Words result{"/usr/bin/env", setting};
  result.insert(result.end(), words.begin(), words.end());
  return result;
}

/// What the program said when it could not write: one line with the reason, and code 2 unless it can do without.
inline std::string check_complaint(const Stage& stage, const std::vector<std::string>& reasons) {
  const Finished finished = Process(stage.words).wait();
  INFO(stage.name << ": " << finished.err);
  const bool told = std::any_of(reasons.begin(), reasons.end(),
                                [&](const auto& reason) { return finished.err.find(reason) != std::string::npos; });
  CHECK(told);
  if (stage.needed) return "exit 2: " + shortened(check_refusal(finished, stage.file));
  CHECK(finished.code == 0);
  CHECK(finished.err.rfind("warning: ", 0) == 0);
  CHECK(finished.err.find(stage.file) != std::string::npos);
  CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 1);
  return "exit 0, " + shortened(finished.err);
}

inline void check_second_run(const Stage& stage) {
  const Finished finished = Process(stage.words).wait();
  INFO(stage.name << ", with room: " << finished.err);
  CHECK(finished.code == 0);
  CHECK(finished.err.empty());
  stage.check();
}

/// `room` kilobytes are all there is at first.
inline void check_full(const PrivateDisk& disk, std::size_t room, const Stage& stage, FaultTable& table) {
  disk.leave(room);
  const std::string complaint = check_complaint(stage, {"No space left on device", "the disk is full"});
  disk.make_room();
  check_second_run(stage);
  table.add(stage.name, 1, complaint, stage.next);
}

inline void check_read_only(const PrivateDisk& disk, const Stage& stage, FaultTable& table) {
  disk.forbid_writing();
  const std::string complaint =
      check_complaint(stage, {"Read-only file system", "cannot be written", "cannot be opened"});
  disk.permit_writing();
  check_second_run(stage);
  table.add(stage.name, 1, complaint, stage.next);
}

}  // namespace deepmine
