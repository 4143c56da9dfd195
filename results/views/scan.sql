-- Every scan in the field's words, one row each: the place to start a query.
-- precision: anomalous inputs among those returned; recall: anomalous inputs that were returned. Both are
-- null for individual scans and clean test sets; precision also for the empty subset.
CREATE VIEW scan AS
SELECT c.run, c.detector, c.layer, c.attack, c.target, c.kind, c.anomalous_fraction,
       CASE WHEN c.kind <> 'individual' THEN r.item END AS replicate,
       CASE WHEN c.kind = 'individual' THEN r.item END AS input,
       c.n_inputs, c.n_anomalous, r.n_shared_sources, r.score, r.alpha, r.n_selected, r.n_nodes,
       CASE WHEN c.kind = 'mixed' AND r.n_selected > 0
            THEN CAST(r.n_selected_anomalous AS REAL) / r.n_selected END AS precision,
       CASE WHEN c.kind = 'mixed' THEN CAST(r.n_selected_anomalous AS REAL) / c.n_anomalous END AS recall,
       r.best_start, r.half_steps, r.microseconds / 1000.0 AS milliseconds
FROM scan_cell AS c JOIN scan_row AS r USING (cell);
