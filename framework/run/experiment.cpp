#include "framework/run/experiment.h"

#include <algorithm>

#include "framework/core/interrupt.h"
#include "framework/core/memory.h"
#include "framework/run/run.h"

namespace deepmine {
namespace {

void measure_units(Measurement& measurement, Run& run) {
  const std::vector<Unit> units = measurement.units();
  const auto wanted = [&](const Unit& unit) { return run.wants(unit.name); };
  if (std::none_of(units.begin(), units.end(), wanted)) return;
  const MemoryNeed need = measurement.memory();
  ensure_memory(need.bytes, need.cure);
  if (!run.unit_done("inputs")) run.write_unit("inputs", [&](UnitWriter& writer) { measurement.write_inputs(writer); });
  for (const Unit& unit : units) {
    throw_if_interrupted();
    if (wanted(unit)) run.write_unit(unit.name, unit.measure());
  }
}

}  // namespace

std::string measure(const Experiment& experiment, Workplace& place) {
  const std::unique_ptr<Measurement> measurement = experiment.prepare(place);
  Run run = place.store.begin_run(measurement->key(), place.provenance, place.threads, place.command, place.share);
  if (run.finished()) return run.uid();
  run.execute([&] {
    measure_units(*measurement, run);
    if (run.share().whole()) experiment.conclude(run, place.store.database(), place.seed);
  });
  return run.uid();
}

}  // namespace deepmine
