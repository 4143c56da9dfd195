-- `scan` without the time it took: two runs with one key agree in every row of it.
CREATE VIEW scan_result AS
SELECT run, detector, layer, attack, target, kind, anomalous_fraction, replicate, input, n_inputs,
       n_anomalous, n_shared_sources, score, alpha, n_selected, n_nodes, precision, recall, best_start,
       half_steps, part, input_set
FROM scan;
