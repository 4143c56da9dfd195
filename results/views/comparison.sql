-- Ours beside the papers, one row per published cell that a run measured with the paper's options: deep-mining's Table 1, and of
-- autoencoder-scan what its paper prints ('auroc') and what its method gives with its own weights and images
-- ('auroc-replicated'), of odin its table ('published') and what another program found ('measured'), of
-- uniform-svdd its Tables 2 to 9, but for pairs that cannot be. Ours are the stored values of `detection`. ci_low, ci_high: the 95 % interval of ours by bootstrap
-- over the test sets, for single images over their scores; `inside`: the published value lies in it. images_low,
-- images_high: the same over images, of runs with image-resamples: ours -+ t standard deviations over the
-- resamples, t about the 97.5 % quantile of Student's distribution; the background stays the same.
CREATE VIEW comparison AS
WITH beside AS (
  SELECT c.run, 'deep-mining' AS paper, p.tbl, p.row, p.col, p.metric, p.value AS published, d.value AS ours,
         d.ci_low, d.ci_high,
         (SELECT (1.96 + 2.6 / (count(*) - 1)) * sqrt(max(0, avg(v.value * v.value) - avg(v.value) * avg(v.value)) * count(*) / (count(*) - 1.0))
          FROM detection AS v WHERE v.cell = c.cell AND v.metric GLOB 'auroc, images *' AND d.metric = 'auroc' HAVING count(*) > 1) AS images
  FROM run AS r JOIN cell AS c ON c.run = r.uid AND c.detector = 'subset-scan' JOIN detection AS d ON d.cell = c.cell
  JOIN published AS p ON p.paper = 'deep-mining' AND p.tbl = 'table1' AND p.row = c.target AND p.metric = d.metric
   AND p.col = coalesce(CAST(CAST(round(100 * c.anomalous_fraction) AS INTEGER) AS TEXT), 'individual')
  WHERE r.experiment = 'deep-mining' AND p.value IS NOT NULL
   AND (SELECT count(*) FROM run_option AS o WHERE o.run = r.uid AND (o.key, o.value) IN (VALUES
          ('dataset', 'cifar10'), ('background', '9000'), ('evaluation', '1000'), ('size', '500'),
          ('attack.name', 'bim'), ('attack.epsilon', '0.02'), ('attack.step', '0.002'), ('attack.steps', '10'),
          ('detector.alpha-max', '0.5'), ('detector.conditional', 'false'), ('detector.group', '1'), ('detector.one-class', 'false'),
          ('detector.start', 'paper'), ('detector.statistic', 'berk-jones'), ('detector.tails', 'upper'))) = 15
  UNION ALL
  SELECT a.run, 'autoencoder-scan', a.dataset, iif(a.detector IN ('mean-error', 'max-error'), a.detector, a.layer),
         a.attack || ' ' || a.clip, source.metric, iif(source.metric = 'auroc', a.printed, a.replicated), a.auroc,
         d.ci_low, d.ci_high, NULL
  FROM autoencoder_scan AS a
  JOIN (SELECT 'auroc' AS metric UNION ALL SELECT 'auroc-replicated') AS source
  LEFT JOIN detection AS d ON d.cell = a.cell AND d.metric = 'auroc'
  WHERE iif(source.metric = 'auroc', a.printed, a.replicated) IS NOT NULL
  UNION ALL
  SELECT o.run, 'odin', source.tbl, o."set", o.detector, o.metric, iif(source.tbl = 'published', o.published, o.measured), o.ours,
         o.ci_low, o.ci_high, NULL
  FROM odin_table AS o
  JOIN (SELECT 'published' AS tbl UNION ALL SELECT 'measured') AS source
  WHERE iif(source.tbl = 'published', o.published, o.measured) IS NOT NULL
  UNION ALL
  SELECT u.run, 'uniform-svdd', u.tbl, u.model || ' / ' || u."set", u.method, u.metric, u.published, u.literal,
         u.ci_low, u.ci_high, NULL
  FROM uniform_svdd_table AS u
  WHERE u.published IS NOT NULL AND u.note = ''
)
SELECT run, paper, tbl, row, col, metric, published, ours, ours - published AS difference, ci_low, ci_high,
       published BETWEEN ci_low AND ci_high AS inside, max(0.0, ours - images) AS images_low,
       min(1.0, ours + images) AS images_high, abs(ours - published) <= images AS inside_images
FROM beside;
