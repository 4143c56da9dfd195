#include "experiments/autoencoder_scan_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "experiments/autoencoder_scan_options.h"
#include "experiments/autoencoder_scan_order.h"
#include "framework/evaluate/doubts.h"
#include "framework/evaluate/parameter.h"
#include "framework/evaluate/run_tables.h"

namespace deepmine {
namespace {

/// One column of anomalous images: an attack, clipped or not, and which of its images.
struct Variant {
  std::string attack, clip, kept;
  bool operator<(const Variant& other) const {
    return std::tie(attack, clip, kept) < std::tie(other.attack, other.clip, other.kept);
  }
};

struct Cell {
  Value ours, replicated;
};

bool is_baseline(const std::string& row) { return row == "mean-error" || row == "max-error"; }

/// The individual scans of a run, by row (a layer or a baseline) and variant.
class Cells {
 public:
  Cells(Database& database, const std::string& run) {
    Statement rows = database.prepare(
        std::string("SELECT layer, detector, attack, clip, kept, auroc, replicated FROM autoencoder_scan"
                    " WHERE run = ?1 AND anomalous_percent IS NULL") + kInNetworksOrder);
    rows.bind(run);
    while (rows.step()) {
      const std::string detector = rows.text(1);
      const std::string row = is_baseline(detector) ? detector : rows.text(0);
      const Variant variant{rows.text(2), rows.text(3), rows.text(4)};
      add(row, variant);
      const auto replicated = rows.optional_real(6);
      cells_[{row, variant}] = {Value(rows.real(5)),
                                replicated ? Value(*replicated) : Value(std::monostate{})};
    }
  }

  const std::vector<std::string>& rows() const { return rows_; }
  const std::vector<Variant>& variants() const { return variants_; }
  Cell at(const std::string& row, const Variant& variant) const {
    const auto found = cells_.find({row, variant});
    return found == cells_.end() ? Cell{} : found->second;
  }

 private:
  void add(const std::string& row, const Variant& variant) {
    const auto same = [&](const Variant& other) { return !(other < variant) && !(variant < other); };
    if (std::find(rows_.begin(), rows_.end(), row) == rows_.end()) rows_.push_back(row);
    if (std::none_of(variants_.begin(), variants_.end(), same)) variants_.push_back(variant);
  }

  std::vector<std::string> rows_;
  std::vector<Variant> variants_;
  std::map<std::pair<std::string, Variant>, Cell> cells_;
};

bool is_error(const std::string& row) { return row == "reconstruction-error" || is_baseline(row); }

/// The images as published, unclipped and whatever they were before, beside the published numbers.
Table published_table(const Cells& cells, const std::string& dataset) {
  Table table{"Detection power (AUROC) of single images by layer, " + dataset, {{"layer"}}, {}, {}};
  std::vector<Variant> shown;
  for (const Variant& variant : cells.variants()) {
    if (variant.kept != "wrong" || variant.clip != "unclipped") continue;
    shown.push_back(variant);
    table.columns.push_back({variant.attack, 3});
    table.columns.push_back({"replicated " + variant.attack, 3});
  }
  for (const std::string& row : cells.rows()) {
    if (is_error(row)) continue;
    std::vector<Value> line{row};
    for (const Variant& variant : shown) {
      const Cell cell = cells.at(row, variant);
      line.insert(line.end(), {cell.ours, cell.replicated});
    }
    table.rows.push_back(std::move(line));
  }
  table.notes = {"anomalous images as published: not clipped to [0,1], all that are classified wrong after the "
                 "attack; replicated: what the published autoencoder and anomalous images give, of other networks "
                 "than ours"};
  return table;
}

/// Every variant side by side, of the layers or of the reconstruction error.
Table variant_table(const Cells& cells, bool errors, const std::string& title) {
  Table table{title, {{errors ? "score" : "layer"}}, {}, {}};
  for (const Variant& variant : cells.variants()) {
    table.columns.push_back({fmt::format("{} {} {}", variant.attack, variant.clip, variant.kept), 3});
  }
  for (const std::string& row : cells.rows()) {
    if (is_error(row) != errors) continue;
    std::vector<Value> line{row == "reconstruction-error" ? "scan of the error" : row};
    for (const Variant& variant : cells.variants()) line.push_back(cells.at(row, variant).ours);
    table.rows.push_back(std::move(line));
  }
  return table;
}

Table group_table(Database& database, const std::string& run) {
  Table table{"Detection power (AUROC) of test sets by layer (ours; the paper scans single images)",
              {{"layer"}, {"attack"}, {"set size"}}, {}, {}};
  Statement rows = database.prepare(
      std::string("SELECT layer, attack || ' ' || clip, n_inputs, anomalous_percent, auroc FROM autoencoder_scan"
                  " WHERE run = ?1 AND anomalous_percent IS NOT NULL") + kInNetworksOrder);
  rows.bind(run);
  while (rows.step()) {  // the shares of an attack follow each other
    const std::string share = std::to_string(rows.integer(3)) + " %";
    const std::vector<Value> head{rows.text(0), rows.text(1), rows.integer(2)};
    auto column = std::find_if(table.columns.begin(), table.columns.end(),
                               [&](const Table::Column& other) { return other.name == share; });
    if (column == table.columns.end()) {
      table.columns.push_back({share, 3});
      column = table.columns.end() - 1;
    }
    if (table.rows.empty() || !std::equal(head.begin(), head.end(), table.rows.back().begin())) {
      table.rows.push_back(head);
    }
    std::vector<Value>& row = table.rows.back();
    const auto at = static_cast<std::size_t>(column - table.columns.begin());
    row.resize(std::max(row.size(), at + 1));
    row[at] = rows.real(4);
  }
  for (std::vector<Value>& row : table.rows) row.resize(table.columns.size());
  table.notes = {"anomalous inputs: fooled ones, which were classified right before and wrong after; an attack "
                 "that left too few of them for sets of 200 has no rows"};
  return table;
}

Table attack_table(Database& database, const std::string& run) {
  Table table = query_table(
      database,
      std::string("SELECT attack, target AS kept, n_candidates AS candidates, n_kept AS images,"
                  " success_rate AS share, mean_l2 AS \"mean L2\", mean_linf AS \"mean L-infinity\""
                  " FROM attack_set WHERE run = ?1") + kInAttacksOrder, {run}, 4);
  table.title = "Attacks on the classifier";
  table.notes = {"wrong: classified wrong after the attack, as published; fooled: of those that were "
                 "right before; distances in pixel units of [0,1]"};
  return table;
}

/// The few numbers that the paper prints.
std::string printed_note(Database& database, const std::string& run) {
  Statement rows = database.prepare(
      std::string("SELECT layer, attack, printed FROM autoencoder_scan WHERE run = ?1 AND printed IS NOT NULL") +
      kInNetworksOrder);
  rows.bind(run);
  std::string note;
  while (rows.step()) {
    note += fmt::format("{}{} {} {:.2f}", note.empty() ? "printed in the paper: " : ", ", rows.text(0),
                        rows.text(1), rows.real(2));
  }
  return note;
}

std::string model_note(Database& database, const std::string& run, const std::string& role) {
  Statement row = database.prepare(
      "SELECT m.network, m.dataset, m.recipe, m.test_accuracy FROM run_input AS i"
      " JOIN model AS m ON m.sha256 = i.sha256 WHERE i.run = ?1 AND i.role = ?2");
  row.bind(run, role);
  if (!row.step()) return role + " unknown";
  const std::string accuracy = row.is_null(3) ? "" : fmt::format(", accuracy {:.4f}", row.real(3));
  return fmt::format("{}: {} trained on {}, {}{}", role, row.text(0), row.text(1), row.text(2), accuracy);
}

}  // namespace

std::vector<Table> autoencoder_scan_tables(Database& database, const std::string& run) {
  const Cells cells(database, run);
  std::vector<Table> tables;
  tables.push_back(published_table(cells, parameter(database, run, "dataset")));
  const std::string printed = printed_note(database, run);
  if (!printed.empty()) tables[0].notes.push_back(printed);
  for (const char* role : {"autoencoder", "classifier"}) {
    tables[0].notes.push_back(model_note(database, run, role));
  }
  tables[0].notes.insert(tables[0].notes.begin(), "run " + run);
  for (std::string& note : doubt_notes(database, run)) tables[0].notes.push_back(std::move(note));
  const std::string of_run = "WHERE run = " + sql_text(run);
  tables[0].sql = "SELECT layer, attack, auroc, printed, replicated FROM autoencoder_scan\n" + of_run +
                  " AND anomalous_percent IS NULL AND clip = 'unclipped' AND kept = 'wrong';";
  tables.push_back(variant_table(cells, false, "The same, every variant"));
  tables.back().sql =
      "SELECT layer, attack, clip, kept, auroc FROM autoencoder_scan\n" + of_run + " AND anomalous_percent IS NULL;";
  tables.back().notes = {
      "clipping keeps pixels in [0,1]: what it takes away from an AUROC was pixels no image can have; "
      "fooled leaves out images that were classified wrong already"};
  tables.push_back(variant_table(cells, true, "Reconstruction error: scan against baselines"));
  tables.back().notes = {"mean-error and max-error: an image's mean and largest error of a pixel"};
  tables.back().sql = "SELECT * FROM autoencoder_scan_error " + of_run + ";";
  if (parameter(database, run, "replicates") != "0") tables.push_back(group_table(database, run));
  tables.push_back(attack_table(database, run));
  tables.push_back(check_table(database, run));
  return tables;
}

std::vector<Headline> autoencoder_scan_headlines(Database& database, const std::string& run) {
  Statement rows = database.prepare(std::string("SELECT clip, layer, auroc FROM autoencoder_scan WHERE run = ?1 AND "
                                                "anomalous_percent IS NULL AND kept = 'wrong' AND detector NOT IN "
                                                "('mean-error', 'max-error')") +
                                    kInNetworksOrder);
  rows.bind(run);
  struct Sum {
    double of_aurocs = 0;
    int attacks = 0;
  };
  std::vector<std::string> layers;
  std::map<std::pair<std::string, std::string>, Sum> sums;
  while (rows.step()) {
    const std::string layer = rows.text(1);
    if (std::find(layers.begin(), layers.end(), layer) == layers.end()) layers.push_back(layer);
    Sum& sum = sums[{rows.text(0), layer}];
    sum.of_aurocs += rows.real(2);
    ++sum.attacks;
  }
  std::vector<Headline> result;
  for (const std::string clip : {"unclipped", "clipped"}) {
    for (const std::string& layer : layers) {
      const auto sum = sums.find({clip, layer});
      if (sum == sums.end()) continue;
      result.push_back({"detection power, " + clip, layer, sum->second.of_aurocs / sum->second.attacks});
    }
  }
  return result;
}

}  // namespace deepmine
