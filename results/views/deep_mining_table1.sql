-- Table 1 of deep-mining, one row per cell and metric, beside ours: detection power (auroc) of single
-- images and of test sets with 6 to 14 % noised images, and precision and recall of the subset found.
-- `target` is a class, 'All', or 'mean 0-9' once all ten are measured; `col` is 'individual' or the
-- percentage; `published` is null where the paper has no readable cell.
CREATE VIEW deep_mining_table1 AS
WITH measured AS (
  SELECT run, layer, attack, target, noised_fraction, 'auroc' AS metric, auroc AS ours
  FROM scan_auroc WHERE detector = 'subset-scan' AND n_clean_sets > 0
  UNION ALL
  SELECT run, layer, attack, target, noised_fraction, 'precision', avg(precision)
  FROM scan WHERE detector = 'subset-scan' AND kind = 'mixed'
  GROUP BY run, layer, attack, target, noised_fraction
  UNION ALL
  SELECT run, layer, attack, target, noised_fraction, 'recall', avg(recall)
  FROM scan WHERE detector = 'subset-scan' AND kind = 'mixed'
  GROUP BY run, layer, attack, target, noised_fraction
), cell AS (
  SELECT m.run, m.layer, m.attack, m.target, m.metric, m.ours,
         coalesce(CAST(CAST(round(100 * m.noised_fraction) AS INTEGER) AS TEXT), 'individual')
           AS col
  FROM measured AS m JOIN run ON run.uid = m.run
  WHERE run.experiment = 'deep-mining'
), beside AS (
  SELECT cell.*, published.value AS published
  FROM cell LEFT JOIN published
    ON published.paper = 'deep-mining' AND published.tbl = 'table1'
   AND published.row = cell.target AND published.col = cell.col
   AND published.metric = cell.metric
), with_mean AS (
  SELECT run, layer, attack, target, col, metric, ours, published FROM beside
  UNION ALL
  SELECT run, layer, attack, 'mean 0-9', col, metric, avg(ours), avg(published)
  FROM beside WHERE target BETWEEN '0' AND '9' AND length(target) = 1
  GROUP BY run, layer, attack, col, metric HAVING count(*) = 10
)
SELECT run, layer, attack, target, col, metric, ours, published, ours - published AS difference
FROM with_mean;
