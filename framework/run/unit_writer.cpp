#include "framework/run/unit_writer.h"

#include <cmath>

namespace deepmine {

void UnitWriter::add(const DatasetRow& row) {
  database_.cached("INSERT OR IGNORE INTO dataset (sha256, name, part, n) VALUES (?1, ?2, ?3, ?4)")
      .bind(row.sha256, row.name, row.part, row.n)
      .run();
}

void UnitWriter::add(const ModelRow& row) {
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
  database_
      .cached(
          "INSERT INTO attack_set (run, model, dataset, attack, target, n_candidates, n_kept,"
          " success_rate, mean_l2, mean_linf, artifact)"
          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
      .bind(run_, row.model, row.dataset, row.attack, row.target, row.n_candidates, row.n_kept,
            row.success_rate, row.mean_l2, row.mean_linf, row.artifact)
      .run();
}

void UnitWriter::add(const DetectionRow& row) {
  database_
      .cached(
          "INSERT INTO detection (run, detector, layer, attack, target, kind, noised_fraction,"
          " metric, value, ci_low, ci_high, n)"
          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")
      .bind(run_, row.detector, row.layer, row.attack, row.target, row.kind, row.noised_fraction,
            row.metric, row.value, row.ci_low, row.ci_high, row.n)
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

std::int64_t UnitWriter::cell(const ScanCell& cell) {
  Statement present = database_.prepare(
      "SELECT cell FROM scan_cell WHERE run = ?1 AND layer = ?2 AND detector = ?3 AND n_inputs = ?4"
      " AND n_noised = ?5 AND coalesce(attack, '') = coalesce(?6, '')"
      " AND coalesce(target, '') = coalesce(?7, '')");
  present.bind(run_, cell.layer, cell.detector, cell.n_inputs, cell.n_noised, cell.attack,
               cell.target);
  if (present.step()) return present.integer(0);
  Statement added = database_.prepare(
      "INSERT INTO scan_cell (run, layer, detector, n_inputs, n_noised, attack, target, kind,"
      " noised_fraction) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING cell");
  added.bind(run_, cell.layer, cell.detector, cell.n_inputs, cell.n_noised, cell.attack,
             cell.target, cell.kind, cell.noised_fraction);
  added.step();
  return added.integer(0);
}

void UnitWriter::add(std::int64_t cell, const ScanRow& row) {
  database_
      .cached(
          "INSERT INTO scan_row (cell, item, score, alpha, n_selected, n_selected_noised,"
          " n_nodes, n_shared_sources, best_start, half_steps, microseconds)"
          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
      .bind(cell, row.item, row.score, row.alpha, row.n_selected, row.n_selected_noised,
            row.n_nodes, row.n_shared_sources, row.best_start, row.half_steps,
            std::int64_t{std::llround(row.milliseconds * 1000)})
      .run();
  std::int64_t start = 0;
  for (const double score : row.start_scores) {
    database_.cached("INSERT INTO start_score (cell, item, start, score) VALUES (?1, ?2, ?3, ?4)")
        .bind(cell, row.item, start++, score)
        .run();
  }
}

}  // namespace deepmine
