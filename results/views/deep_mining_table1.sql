-- Table 1 of deep-mining, one row per cell and metric, beside ours: detection power (auroc) of single
-- images and of test sets with 6 to 14 % anomalous images, and precision and recall of the subset found.
-- `target` is a class, 'All', or 'mean 0-9' once all ten are measured; `col` is 'individual' or the
-- percentage; `published` is null where the paper has no readable cell, and for runs on other
-- images than the paper's.
CREATE VIEW deep_mining_table1 AS
WITH wanted (name) AS (VALUES ('auroc'), ('precision'), ('recall')),
     place (is_mean) AS (VALUES (0), (1)),  -- each class counts in its own row and in the mean
     measured AS (
  SELECT s.run, s.layer, s.attack, s.target, s.kind, s.auroc, s.precision, s.recall,
         coalesce(CAST(CAST(round(100 * s.anomalous_fraction) AS INTEGER) AS TEXT), 'individual') AS col
  FROM scan_summary AS s JOIN run ON run.uid = s.run
  WHERE run.experiment = 'deep-mining' AND s.detector = 'subset-scan'
), beside AS (
  SELECT measured.run, measured.layer, measured.attack, measured.col, wanted.name AS metric,
         CASE WHEN place.is_mean THEN 'mean 0-9' ELSE measured.target END AS shown,
         avg(CASE wanted.name WHEN 'auroc' THEN measured.auroc WHEN 'precision' THEN measured.precision
             ELSE measured.recall END) AS ours,
         avg(published.value) AS published
  FROM measured
  JOIN place ON place.is_mean = 0 OR measured.target GLOB '[0-9]'
  JOIN wanted ON wanted.name = 'auroc' OR measured.kind = 'mixed'
  LEFT JOIN published
    ON published.paper = 'deep-mining' AND published.tbl = 'table1'
   AND published.row = measured.target AND published.col = measured.col AND published.metric = wanted.name
   AND EXISTS (SELECT 1 FROM param AS p WHERE p.run = measured.run AND p.key = 'dataset'
               AND p.value = 'cifar10')
  GROUP BY measured.run, measured.layer, measured.attack, shown, measured.col, wanted.name
  HAVING shown <> 'mean 0-9' OR count(*) = 10
)
SELECT run, layer, attack, shown AS target, col, metric, ours, published,
       ours - published AS difference
FROM beside;
