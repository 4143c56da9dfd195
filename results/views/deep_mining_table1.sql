-- Table 1 of deep-mining, one row per cell and metric, beside ours: detection power (auroc) of single
-- images and of test sets with 6 to 14 % anomalous images, and precision and recall of the subset found.
-- `target` is a class, 'All', or 'mean 0-9' once all ten are measured; `col` is 'individual' or the
-- percentage; `published` is null where the paper has no readable cell, and for runs on other
-- images than the paper's.
CREATE VIEW deep_mining_table1 AS
WITH metric (name) AS (VALUES ('auroc'), ('precision'), ('recall')),
     place (is_mean) AS (VALUES (0), (1)),  -- each class counts in its own row and in the mean
     cell AS (
  SELECT s.run, s.layer, s.attack, s.target, s.kind, s.auroc, s.precision, s.recall,
         coalesce(CAST(CAST(round(100 * s.anomalous_fraction) AS INTEGER) AS TEXT), 'individual') AS col
  FROM scan_summary AS s JOIN run ON run.uid = s.run
  WHERE run.experiment = 'deep-mining' AND s.detector = 'subset-scan'
), beside AS (
  SELECT cell.run, cell.layer, cell.attack, cell.col, metric.name AS metric,
         CASE WHEN place.is_mean THEN 'mean 0-9' ELSE cell.target END AS shown,
         avg(CASE metric.name WHEN 'auroc' THEN cell.auroc WHEN 'precision' THEN cell.precision
             ELSE cell.recall END) AS ours,
         avg(published.value) AS published
  FROM cell
  JOIN place ON place.is_mean = 0 OR cell.target GLOB '[0-9]'
  JOIN metric ON metric.name = 'auroc' OR cell.kind = 'mixed'
  LEFT JOIN published
    ON published.paper = 'deep-mining' AND published.tbl = 'table1'
   AND published.row = cell.target AND published.col = cell.col AND published.metric = metric.name
   AND EXISTS (SELECT 1 FROM param AS p WHERE p.run = cell.run AND p.key = 'dataset'
               AND p.value = 'cifar10')
  GROUP BY cell.run, cell.layer, cell.attack, shown, cell.col, metric.name
  HAVING shown <> 'mean 0-9' OR count(*) = 10
)
SELECT run, layer, attack, shown AS target, col, metric, ours, published,
       ours - published AS difference
FROM beside;
