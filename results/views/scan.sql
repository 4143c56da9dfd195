-- Every score in the field's words, one row each, with what a scan says beside it (null of other detectors).
-- precision: anomalous inputs among those returned; recall: anomalous inputs that were returned. Both are
-- null for single inputs and clean test sets; precision also for the empty subset.
CREATE VIEW scan AS
SELECT c.run, c.detector, c.layer, c.attack, c.target, c.kind, c.anomalous_fraction,
       CASE WHEN c.kind <> 'individual' THEN r.item END AS replicate,
       CASE WHEN c.kind = 'individual'
            THEN coalesce((SELECT i.source FROM input AS i WHERE i.input_set = c.set_number AND i.item = r.item), r.item) END AS input,
       c.n_inputs, c.n_anomalous, d.n_shared_sources, r.score, d.alpha, d.n_selected, d.n_nodes,
       CASE WHEN c.kind = 'mixed' AND d.n_selected > 0
            THEN CAST(d.n_selected_anomalous AS REAL) / d.n_selected END AS precision,
       CASE WHEN c.kind = 'mixed' THEN CAST(d.n_selected_anomalous AS REAL) / c.n_anomalous END AS recall,
       d.best_start, d.half_steps, d.microseconds / 1000.0 AS milliseconds, c.part, c.input_set
FROM cell AS c JOIN score AS r ON r.cell = c.cell LEFT JOIN scan_detail AS d ON d.cell = r.cell AND d.item = r.item;
