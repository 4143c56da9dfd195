-- Every score of a single input beside what is known of it: its image's index, true class and predicted class, and
-- whether the attack on it succeeded.
CREATE VIEW input_score AS
SELECT c.run, c.detector, c.layer, c.part, c.input_set, c.set_kind, c.attack, c.target, r.item, i.source, i.label, i.predicted,
       i.success, r.score
FROM cell AS c JOIN score AS r ON r.cell = c.cell LEFT JOIN input AS i ON i.input_set = c.set_number AND i.item = r.item
WHERE c.kind = 'individual';
