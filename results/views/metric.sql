-- Every number of `detection`, with its interval, beside what `cell` says of its scores.
CREATE VIEW metric AS
SELECT c.run, c.detector, c.layer, c.part, c.input_set, c.set_kind, c.attack, c.target, c.kind, c.anomalous_fraction, c.n_inputs,
       c.n_anomalous, d.metric, d.value, d.ci_low, d.ci_high, d.n, c.cell
FROM cell AS c JOIN detection AS d ON d.cell = c.cell;
