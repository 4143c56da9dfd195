#include "framework/evaluate/cell_scores.h"

namespace deepmine {

std::vector<double> scores_of(Database& database, std::int64_t cell) {
  Statement rows = database.prepare("SELECT score FROM score WHERE cell = ?1 ORDER BY item");
  rows.bind(cell);
  std::vector<double> scores;
  while (rows.step()) scores.push_back(rows.real(0));
  return scores;
}

}  // namespace deepmine
