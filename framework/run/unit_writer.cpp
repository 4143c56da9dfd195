#include "framework/run/unit_writer.h"

#include <cmath>
#include <stdexcept>

#include "framework/run/spec_options.h"

namespace deepmine {

void UnitWriter::add(const DatasetRow& row) {
  database_.cached("INSERT OR IGNORE INTO dataset (sha256, name, part, n) VALUES (?1, ?2, ?3, ?4)")
      .bind(row.sha256, row.name, row.part, row.n)
      .run();
}

void UnitWriter::add(const ModelRow& row) {
  note_options(database_, row.network);
  database_
      .cached(
          "INSERT OR IGNORE INTO model (sha256, network, dataset, test_accuracy, recipe)"
          " VALUES (?1, ?2, ?3, ?4, ?5)")
      .bind(row.sha256, row.network, row.dataset, row.test_accuracy, row.recipe)
      .run();
}

void UnitWriter::add(const ArtifactRow& row) {
  database_
      .cached("INSERT OR IGNORE INTO artifact (sha256, kind, bytes, path) VALUES (?1, ?2, ?3, ?4)")
      .bind(row.sha256, row.kind, row.bytes, row.path)
      .run();
}

void UnitWriter::input(const std::string& role, const std::string& sha256) {
  database_.cached("INSERT INTO run_input (run, role, sha256) VALUES (?1, ?2, ?3)").bind(run_, role, sha256).run();
}

void UnitWriter::add(const AttackSetRow& row) {
  note_options(database_, row.attack);
  database_
      .cached(
          "INSERT INTO attack_set (run, model, dataset, attack, target, n_candidates, n_kept,"
          " success_rate, mean_l2, mean_linf, artifact)"
          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
      .bind(run_, row.model, row.dataset, row.attack, row.target, row.n_candidates, row.n_kept,
            row.success_rate, row.mean_l2, row.mean_linf, row.artifact)
      .run();
}

void UnitWriter::add(const ShapeCheckRow& row) {
  database_
      .cached(
          "INSERT OR REPLACE INTO shape_check (run, name, passed, detail)"
          " VALUES (?1, ?2, ?3, ?4)")
      .bind(run_, row.name, row.passed, row.detail)
      .run();
}

std::int64_t UnitWriter::input_set(const InputSetRow& set) {
  const std::int64_t n = set.n.value_or(static_cast<std::int64_t>(set.inputs.size()));
  Statement present = database_.prepare("SELECT input_set, n FROM input_set WHERE run = ?1 AND name = ?2");
  const bool is_new = !present.bind(run_, set.name).step();
  if (!is_new && present.integer(1) != n) {
    throw std::logic_error("two sets of inputs of run " + run_ + " are named " + set.name);
  }
  const std::int64_t number = is_new ? added(set, n) : present.integer(0);
  if (is_new || set.n) add_inputs(number, set);
  return number;
}

std::int64_t UnitWriter::added(const InputSetRow& set, std::int64_t n) {
  if (set.attack) note_options(database_, *set.attack);
  Statement added = database_.prepare(
      "INSERT INTO input_set (run, name, kind, dataset, attack, target, kept, n) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
      "?8) RETURNING input_set");
  added.bind(run_, set.name, set.kind, set.dataset, set.attack, set.target, set.kept, n);
  added.step();
  return added.integer(0);
}

/// Units may share a part of a set.
void UnitWriter::add_inputs(std::int64_t input_set, const InputSetRow& set) {
  Statement row = database_.prepare(
      "INSERT OR IGNORE INTO input (input_set, item, source, label, predicted, success) VALUES (?1, ?2, ?3, ?4, ?5, "
      "?6)");
  std::int64_t item = set.first;
  for (const InputRow& input : set.inputs) {
    row.bind(input_set, item++, input.source, input.label, input.predicted, input.success).run();
  }
}

std::int64_t UnitWriter::cell(std::int64_t input_set, const ScoreCell& cell) {
  Statement present = database_.prepare(
      "SELECT cell FROM score_cell WHERE run = ?1 AND detector = ?2 AND layer = ?3 AND part = ?4 AND input_set = ?5"
      " AND coalesce(n_inputs, 0) = coalesce(?6, 0) AND coalesce(n_anomalous, 0) = coalesce(?7, 0)");
  present.bind(run_, cell.detector, cell.layer, cell.part, input_set, cell.n_inputs, cell.n_anomalous);
  if (present.step()) return present.integer(0);
  note_options(database_, cell.detector);
  Statement added = database_.prepare(
      "INSERT INTO score_cell (run, detector, layer, part, input_set, n_inputs, n_anomalous, kind, anomalous_fraction)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING cell");
  added.bind(run_, cell.detector, cell.layer, cell.part, input_set, cell.n_inputs, cell.n_anomalous, cell.kind,
             cell.anomalous_fraction);
  added.step();
  return added.integer(0);
}

Statement& UnitWriter::new_score() {
  return database_.cached("INSERT INTO score (cell, item, score) VALUES (?1, ?2, ?3)");
}

void UnitWriter::add_scores(std::int64_t cell, const std::vector<double>& scores, std::int64_t first) {
  Statement& row = new_score();
  std::int64_t item = first;
  for (const double score : scores) row.bind(cell, item++, score).run();
}

void UnitWriter::add(std::int64_t cell, const ScanRow& row) {
  new_score().bind(cell, row.item, row.score).run();
  database_
      .cached(
          "INSERT INTO scan_detail (cell, item, alpha, n_selected, n_selected_anomalous, n_nodes, n_shared_sources,"
          " best_start, half_steps, microseconds) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
      .bind(cell, row.item, row.alpha, row.n_selected, row.n_selected_anomalous, row.n_nodes, row.n_shared_sources,
            row.best_start, row.half_steps, std::int64_t{std::llround(row.milliseconds * 1000)})
      .run();
  std::int64_t start = 0;
  for (const double score : row.start_scores) {
    database_.cached("INSERT INTO start_score (cell, item, start, score) VALUES (?1, ?2, ?3, ?4)")
        .bind(cell, row.item, start++, score)
        .run();
  }
}

void UnitWriter::add(std::int64_t cell, const DetectionRow& row) {
  database_.cached("INSERT INTO detection (cell, metric, value, ci_low, ci_high, n) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
      .bind(cell, row.metric, row.value, row.ci_low, row.ci_high, row.n)
      .run();
}

}  // namespace deepmine
