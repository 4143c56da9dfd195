-- Every parameter of each run, and the options of the specs among them after a dot: 'detector' is the whole spec,
-- 'detector.name' and 'detector.alpha-max' what it says; of lists of specs 'attacks.0.epsilon'.
CREATE VIEW run_option AS
SELECT run, key, value FROM param
UNION ALL
SELECT p.run, p.key || '.' || o.key, o.value FROM param AS p JOIN spec_option AS o ON o.spec = p.value;
