-- Every group of scores in the field's words, one row each: which detector (`detector_spec`: with its options), layer and part
-- of its score, and the images (`input_set`), adversarial, 'ood' or 'noise' by `set_kind`, that it is to tell from clean ones.
-- `target` is the class aimed at, or of untargeted attacks which images were kept. n_inputs and n_anomalous of single
-- inputs are 1, and 0 or 1.
CREATE VIEW cell AS
SELECT c.cell, c.run, d.value AS detector, c.detector AS detector_spec, c.layer, c.part, s.name AS input_set, s.kind AS set_kind,
       s.dataset, s.attack, coalesce(s.target, s.kept) AS target, c.kind, c.anomalous_fraction,
       coalesce(c.n_inputs, 1) AS n_inputs, coalesce(c.n_anomalous, s.kind <> 'clean') AS n_anomalous, c.input_set AS set_number
FROM score_cell AS c JOIN input_set AS s ON s.input_set = c.input_set
JOIN spec_option AS d ON d.spec = c.detector AND d.key = 'name';
