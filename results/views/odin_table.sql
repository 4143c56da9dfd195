-- The table of ODIN's authors, one row per run, set and metric, beside ours: how well a detector tells out-of-distribution
-- images from those of the test set. `published` is their number, `measured` what another program found with the same weights
-- and images; both stand only where ours was measured with their network, images and options, and are null where they have
-- none. `part`: of the detector's score, empty for the whole.
CREATE VIEW odin_table AS
WITH theirs (detector, col) AS (VALUES ('msp', 'msp'), ('odin:epsilon=0.0014,temperature=1000,units=pixels', 'odin')),
     as_published (run) AS (
  SELECT i.run FROM run_input AS i JOIN model AS m ON m.sha256 = i.sha256 AND m.recipe = 'unknown'
  WHERE i.role = 'model'
    AND (SELECT count(*) FROM param AS p WHERE p.run = i.run AND (p.key, p.value) IN (VALUES ('dataset', 'cifar10'), ('skip', '1000'))) = 2
    AND (SELECT count(*) FROM spec_option AS o WHERE o.spec = m.network AND (o.key, o.value) IN
         (VALUES ('name', 'densenet'), ('depth', '100'), ('growth', '12'), ('compression', '0.5'))) = 4
)
SELECT c.run, s.input_set, s.name AS "set", c.detector, c.part, d.metric, d.value AS ours, d.ci_low, d.ci_high, d.n,
       p.value AS published, d.value - p.value AS difference, m.value AS measured, d.value - m.value AS difference_measured
FROM run AS r
JOIN score_cell AS c ON c.run = r.uid
JOIN input_set AS s ON s.input_set = c.input_set
JOIN detection AS d ON d.cell = c.cell
LEFT JOIN theirs ON theirs.detector = c.detector AND c.part = '' AND c.run IN (SELECT run FROM as_published)
LEFT JOIN published AS p ON p.paper = 'odin' AND p.tbl = 'published' AND p.row = s.name AND p.col = theirs.col AND p.metric = d.metric
LEFT JOIN published AS m ON m.paper = 'odin' AND m.tbl = 'measured' AND m.row = s.name AND m.col = theirs.col AND m.metric = d.metric
WHERE r.experiment = 'odin';
