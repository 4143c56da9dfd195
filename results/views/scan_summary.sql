-- What the scans of each anomalous cell say together, one row per cell.
-- auroc (detection power): the probability that an anomalous test set scores higher than a clean one of
-- the same run, layer, detector and size, ties half. It is the Mann-Whitney rank sum: equal scores
-- are gathered, the window counts the clean scores up to each, and the anomalous ones win over those
-- below and half of those equal. All sums are of integers and halves, thus exact.
-- precision, recall: means over the test sets; the empty subset has no precision.
-- Everything hangs on one row of scan_cell, so a query for one run reads that run only.
CREATE VIEW scan_summary AS
SELECT c.cell, c.run, c.layer, c.detector, c.attack, c.target, c.kind, c.anomalous_fraction, c.n_inputs,
       c.n_anomalous,
       (SELECT count(*) FROM scan_row WHERE cell = c.cell) AS n_scans,
       (SELECT count(*) FROM scan_cell AS o JOIN scan_row USING (cell)
        WHERE o.run = c.run AND o.layer = c.layer AND o.detector = c.detector
          AND o.n_inputs = c.n_inputs AND o.n_anomalous = 0) AS n_clean_scans,
       (SELECT sum(anomalous * (clean_up_to - 0.5 * clean)) / (sum(anomalous) * sum(clean))
        FROM (SELECT anomalous, clean, sum(clean) OVER (ORDER BY score) AS clean_up_to
              FROM (SELECT r.score, sum(r.cell = c.cell) AS anomalous, sum(r.cell <> c.cell) AS clean
                    FROM scan_cell AS o JOIN scan_row AS r ON r.cell = o.cell
                    WHERE o.run = c.run AND o.layer = c.layer AND o.detector = c.detector
                      AND o.n_inputs = c.n_inputs AND (o.n_anomalous = 0 OR o.cell = c.cell)
                    GROUP BY r.score))) AS auroc,
       (SELECT avg(CAST(n_selected_anomalous AS REAL) / nullif(n_selected, 0))
        FROM scan_row WHERE cell = c.cell AND c.kind = 'mixed') AS precision,
       (SELECT avg(CAST(n_selected_anomalous AS REAL) / c.n_anomalous)
        FROM scan_row WHERE cell = c.cell AND c.kind = 'mixed') AS recall
FROM scan_cell AS c WHERE c.n_anomalous > 0;
