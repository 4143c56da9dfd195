-- What the scores of each cell that is to be told from clean say together, one row per cell; null before the run's end.
-- auroc (detection power): the probability that an anomalous test set or image scores higher than a clean one of the same
-- run, detector, layer, part and size, ties half. precision, recall: means over the test sets; the empty subset has no precision.
-- All three are computed by the program and stored in `detection`, with intervals and more metrics: see `metric`.
-- Items are counted from 0, so the last tells how many there are.
CREATE VIEW scan_summary AS
SELECT c.cell, c.run, c.layer, c.detector, c.attack, c.target, c.kind, c.anomalous_fraction, c.n_inputs, c.n_anomalous,
       (SELECT max(item) + 1 FROM score WHERE cell = c.cell) AS n_scans,
       (SELECT max(r.item) + 1 FROM score_cell AS me
        JOIN score_cell AS o ON o.run = me.run AND o.detector = me.detector AND o.layer = me.layer AND o.part = me.part
         AND o.n_inputs IS me.n_inputs
        JOIN input_set AS s ON s.input_set = o.input_set AND s.kind = 'clean'
        JOIN score AS r ON r.cell = o.cell WHERE me.cell = c.cell) AS n_clean_scans,
       (SELECT value FROM detection WHERE cell = c.cell AND metric = 'auroc') AS auroc,
       (SELECT value FROM detection WHERE cell = c.cell AND metric = 'precision') AS precision,
       (SELECT value FROM detection WHERE cell = c.cell AND metric = 'recall') AS recall,
       c.part, c.input_set, c.set_kind
FROM cell AS c WHERE c.n_anomalous > 0;
