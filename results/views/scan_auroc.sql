-- Detection power (AUROC) of every group of noised test sets against the clean ones of the same run,
-- layer, detector and test set size: the probability that a noised one scores higher, ties half.
-- It is the Mann-Whitney rank sum; the window counts the clean scores below each noised score, and
-- equal scores are first gathered into one row, so every sum is of integers and halves, thus exact.
CREATE VIEW scan_auroc AS
WITH clean AS MATERIALIZED (
  SELECT run, layer, detector, n_inputs, score, count(*) AS n
  FROM scan_cell JOIN scan_row USING (cell)
  WHERE n_noised = 0
  GROUP BY run, layer, detector, n_inputs, score
), scored AS (
  SELECT cell, score, 1 AS noised, 0 AS clean
  FROM scan_cell JOIN scan_row USING (cell)
  WHERE n_noised > 0
  UNION ALL
  SELECT c.cell, clean.score, 0, clean.n
  FROM scan_cell AS c JOIN clean USING (run, layer, detector, n_inputs)
  WHERE c.n_noised > 0
), gathered AS (
  SELECT cell, score, sum(noised) AS noised, sum(clean) AS clean
  FROM scored GROUP BY cell, score
), counted AS (
  SELECT cell, noised, clean,
         sum(clean) OVER (PARTITION BY cell ORDER BY score) AS clean_up_to
  FROM gathered
), summed AS (
  SELECT cell, sum(noised) AS n_noised_sets, sum(clean) AS n_clean_sets,
         sum(noised * (clean_up_to - 0.5 * clean)) AS pairs_won
  FROM counted GROUP BY cell
)
SELECT c.run, c.layer, c.detector, c.attack, c.target, c.kind, c.noised_fraction, c.n_inputs,
       s.n_noised_sets, s.n_clean_sets,
       s.pairs_won / (s.n_noised_sets * s.n_clean_sets) AS auroc
FROM summed AS s JOIN scan_cell AS c USING (cell);
