#include "framework/core/error.h"
#include "framework/run/plan.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fuzz.h"

using namespace deepmine;

namespace {

/// A file as it stands, or a sound plan whose settings, swept value and units are the input's: their ids are hashes,
/// which a fuzzer does not find.
std::string plan_of(Bytes bytes) {
  if (bytes.rest().substr(0, 1) == "{") return std::string(bytes.rest());
  Plan plan;
  plan.swept.resize(bytes.up_to(2), "seed");
  const std::size_t n_runs = bytes.up_to(3);
  for (std::size_t i = 0; i < n_runs; ++i) {
    PlannedRun run;
    run.uid = bytes.text_to_zero();
    run.settings[bytes.text_to_zero()] = "value";
    run.swept.resize(bytes.up_to(2), "1");
    const std::size_t n_units = bytes.up_to(5);
    for (std::size_t k = 0; k < n_units; ++k) run.units.push_back(bytes.text_to_zero());
    plan.runs.push_back(run);
  }
  try {
    return plan.text();
  } catch (const std::exception&) {  // texts that are no UTF-8
    return {};
  }
}

/// Workers have all units among them.
void must_be_shared_out(const Plan& plan, std::size_t of) {
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    std::size_t shared = 0;
    for (std::size_t index = 0; index < of; ++index) shared += plan.units(run, index, of).size();
    must(shared == plan.runs[run].units.size());
  }
}

}  // namespace

/// A plan that is read has runs, can be shared out, and is written as one that reads the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const Plan plan = Plan::parse(plan_of({data, size}), "input");
    must(!plan.runs.empty() && plan.threads >= 1 && plan.threads <= 4096);
    must_be_shared_out(plan, 1);
    must_be_shared_out(plan, 3);
    const std::string once = plan.text();
    must(Plan::parse(once, "copy").text() == once);
  } catch (const Error&) {  // what a user is told
  }
  return 0;
}
