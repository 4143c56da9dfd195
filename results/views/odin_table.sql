-- The table of ODIN's authors, one row per run, set and metric, ours beside it: how well a detector tells out-of-distribution
-- images from those of the test set. `published` is their number, `measured` what another program found with the same weights
-- and images; both stand only where ours was measured with their network, images and options, and are null where they have
-- none. `part`: of the detector's score, empty for the whole; `place` orders the sets as the run's options name them.
CREATE VIEW odin_table AS
WITH as_published AS (
  SELECT r.uid AS run FROM run AS r
  JOIN run_input AS i ON i.run = r.uid AND i.role = 'model'
  JOIN model AS m ON m.sha256 = i.sha256 AND m.recipe = 'unknown'
  WHERE (SELECT count(*) FROM spec_option AS o WHERE o.spec = m.network AND (o.key, o.value) IN (VALUES
          ('name', 'densenet'), ('depth', '100'), ('growth', '12'), ('compression', '0.5'),
          ('mean', '[0.4913725490196078,0.4823529411764706,0.4466666666666667]'),
          ('std', '[0.24705882352941178,0.24352941176470588,0.2615686274509804]'))) = 6
    AND (SELECT count(*) FROM run_option AS o WHERE o.run = r.uid AND (o.key, o.value) IN (VALUES
          ('dataset', 'cifar10'), ('skip', '1000'), ('whole', 'svhn'))) = 3
    AND EXISTS (SELECT 1 FROM run_option AS d WHERE d.run = r.uid AND d.key = 'detector.name' AND (d.value = 'msp' OR d.value = 'odin'
          AND (SELECT count(*) FROM run_option AS o WHERE o.run = r.uid AND (o.key, o.value) IN (VALUES
                ('detector.epsilon', '0.0014'), ('detector.temperature', '1000'), ('detector.units', 'pixels'))) = 3))
)
SELECT c.run, c.input_set AS "set",
       (SELECT instr('+' || o.value || '+', '+' || c.input_set || '+') FROM param AS o WHERE o.run = c.run AND o.key = 'ood') AS place,
       c.detector, c.part, d.metric, d.value AS ours, d.ci_low, d.ci_high, d.n,
       p.value AS published, d.value - p.value AS difference, m.value AS measured, d.value - m.value AS difference_measured
FROM run AS r
JOIN cell AS c ON c.run = r.uid
JOIN detection AS d ON d.cell = c.cell
LEFT JOIN published AS p ON p.paper = 'odin' AND p.tbl = 'published' AND p.row = c.input_set AND p.col = c.detector
 AND p.metric = d.metric AND c.part = '' AND c.run IN (SELECT run FROM as_published)
LEFT JOIN published AS m ON m.paper = 'odin' AND m.tbl = 'measured' AND m.row = c.input_set AND m.col = c.detector
 AND m.metric = d.metric AND c.part = '' AND c.run IN (SELECT run FROM as_published)
WHERE r.experiment = 'odin';
