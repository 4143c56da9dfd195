-- Ours beside the papers, one row per published cell that a run measured with the paper's options: deep-mining's Table 1, and of
-- autoencoder-scan what its paper prints ('auroc') and what its method gives with its own weights and images
-- ('auroc-replicated'). Ours are the stored values of `detection`. ci_low, ci_high: the 95 % interval of ours by bootstrap
-- over the test sets, for single images over their scores; `inside`: the published value lies in it. images_low,
-- images_high: the same over images, of runs with image-resamples: ours -+ t standard deviations over the
-- resamples, t about the 97.5 % quantile of Student's distribution; the background stays the same.
CREATE VIEW comparison AS
WITH cell AS (
  SELECT d.run, 'deep-mining' AS paper, p.tbl, p.row, p.col, p.metric, p.value AS published, d.value AS ours,
         d.ci_low, d.ci_high,
         (SELECT (1.96 + 2.6 / (count(*) - 1)) * sqrt(max(0, avg(v.value * v.value) - avg(v.value) * avg(v.value)) * count(*) / (count(*) - 1.0))
          FROM detection AS v WHERE v.run = d.run AND v.layer = d.layer AND v.detector = d.detector AND v.kind = d.kind
            AND v.metric LIKE 'auroc, images %' AND d.metric = 'auroc' AND v.attack = d.attack AND v.target = d.target
            AND v.anomalous_fraction = d.anomalous_fraction HAVING count(*) > 1) AS images
  FROM detection AS d
  JOIN run AS r ON r.uid = d.run AND r.experiment = 'deep-mining'
   AND (SELECT count(*) FROM param AS o WHERE o.run = r.uid AND (
          (o.key, o.value) IN (VALUES ('dataset', 'cifar10'), ('background', '9000'), ('evaluation', '1000'), ('size', '500'))
          OR o.key = 'attack' AND o.value LIKE 'bim:%,epsilon=0.02,step=0.002,steps=10'
          OR o.key = 'detector' AND o.value LIKE 'subset-scan:alpha-max=0.5,%,conditional=false,group=1,one-class=false,%,start=paper,statistic=berk-jones,tails=upper'
        )) = 6
  JOIN published AS p ON p.paper = 'deep-mining' AND p.tbl = 'table1' AND p.row = d.target AND p.metric = d.metric
   AND p.col = coalesce(CAST(CAST(round(100 * d.anomalous_fraction) AS INTEGER) AS TEXT), 'individual')
  WHERE d.detector = 'subset-scan' AND p.value IS NOT NULL
  UNION ALL
  SELECT a.run, 'autoencoder-scan', a.dataset, iif(a.detector LIKE '%-error', a.detector, a.layer),
         a.attack || ' ' || a.clip, source.metric, iif(source.metric = 'auroc', a.printed, a.replicated), a.auroc,
         d.ci_low, d.ci_high, NULL
  FROM autoencoder_scan AS a
  JOIN (SELECT 'auroc' AS metric UNION ALL SELECT 'auroc-replicated') AS source
  JOIN scan_cell AS c ON c.cell = a.cell
  LEFT JOIN detection AS d
    ON d.run = a.run AND d.detector = c.detector AND d.layer = c.layer AND d.attack = c.attack
   AND d.target = c.target AND d.kind = c.kind AND d.metric = 'auroc' AND d.anomalous_fraction IS c.anomalous_fraction
  WHERE iif(source.metric = 'auroc', a.printed, a.replicated) IS NOT NULL
)
SELECT run, paper, tbl, row, col, metric, published, ours, ours - published AS difference, ci_low, ci_high,
       published BETWEEN ci_low AND ci_high AS inside, max(0.0, ours - images) AS images_low,
       min(1.0, ours + images) AS images_high, abs(ours - published) <= images AS inside_images
FROM cell;
