-- Ours beside the papers, one row per published cell that a run measured: deep-mining's Table 1, and of
-- autoencoder-scan what its paper prints ('auroc') and what its method gives with its own weights and images
-- ('auroc-replicated'). ci_low, ci_high: the 95 % interval of ours where one was computed, by bootstrap over the test sets,
-- for single images over the images; `inside`: the published value lies in it. images_low, images_high: the same over images,
-- of runs with image-resamples: ours -+ 1.96 standard deviations over the resamples.
CREATE VIEW comparison AS
WITH cell AS (
  SELECT t.run, 'deep-mining' AS paper, 'table1' AS tbl, t.target AS row, t.col, t.metric, t.published, t.ours,
         d.ci_low, d.ci_high,
         (SELECT 1.96 * sqrt(max(0, avg(v.value * v.value) - avg(v.value) * avg(v.value)) * count(*) / (count(*) - 1.0))
          FROM detection AS v WHERE v.run = t.run AND v.layer = t.layer AND v.detector = 'subset-scan' AND v.kind = 'mixed'
            AND v.metric LIKE 'auroc, images %' AND t.metric = 'auroc' AND v.attack = t.attack AND v.target = t.target
            AND CAST(round(100 * v.noised_fraction) AS INTEGER) = CAST(t.col AS INTEGER) HAVING count(*) > 1) AS images
  FROM deep_mining_table1 AS t
  LEFT JOIN detection AS d
    ON d.run = t.run AND d.detector = 'subset-scan' AND d.layer = t.layer AND d.attack = t.attack
   AND d.target = t.target AND d.metric = t.metric
   AND coalesce(CAST(CAST(round(100 * d.noised_fraction) AS INTEGER) AS TEXT), 'individual') = t.col
  WHERE t.published IS NOT NULL AND t.target <> 'mean 0-9'
  UNION ALL
  SELECT a.run, 'autoencoder-scan', a.dataset, iif(a.detector LIKE '%-error', a.detector, a.layer),
         a.attack || ' ' || a.clip, source.metric, iif(source.metric = 'auroc', a.printed, a.replicated), a.auroc,
         d.ci_low, d.ci_high, NULL
  FROM autoencoder_scan AS a
  JOIN (SELECT 'auroc' AS metric UNION ALL SELECT 'auroc-replicated') AS source
  JOIN scan_cell AS c ON c.cell = a.cell
  LEFT JOIN detection AS d
    ON d.run = a.run AND d.detector = c.detector AND d.layer = c.layer AND d.attack = c.attack
   AND d.target = c.target AND d.kind = c.kind AND d.metric = 'auroc' AND d.noised_fraction IS c.noised_fraction
  WHERE iif(source.metric = 'auroc', a.printed, a.replicated) IS NOT NULL
)
SELECT run, paper, tbl, row, col, metric, published, ours, ours - published AS difference, ci_low, ci_high,
       published BETWEEN ci_low AND ci_high AS inside, max(0, ours - images) AS images_low,
       min(1, ours + images) AS images_high, abs(ours - published) <= images AS inside_images
FROM cell;
