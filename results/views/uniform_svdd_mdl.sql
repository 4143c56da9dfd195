-- How badly each layer by itself tells other images, by one machine for all classes: what the most discriminative layer (MDL) is
-- chosen by, the lowest. `error` is (1 - TPR + FPR) / 2 where 95 % of the clean images pass, over all the run's sets together, of
-- runs without attacks; `is_literal`: the set is the paper's TinyImageNet, which its tables evaluate, too.
CREATE VIEW uniform_svdd_mdl AS
SELECT t.uid AS run, t.profile, m.sha256 AS weights, m.network, l.value AS layer, nu.value AS nu, o.value AS sets,
       sum(d.value * d.n) / sum(d.n) AS error, o.value = 'tiny-imagenet-resize' AS is_literal
FROM run AS t JOIN run_input AS i ON i.run = t.uid AND i.role = 'model' JOIN model AS m USING (sha256)
JOIN param AS o ON o.run = t.uid AND o.key = 'ood'
JOIN param AS a ON a.run = t.uid AND a.key = 'attacks' AND a.value = ''
JOIN run_option AS l ON l.run = t.uid AND l.key = 'detector.layers' AND l.value NOT LIKE '%+%'
JOIN run_option AS k ON k.run = t.uid AND k.key = 'detector.classes' AND k.value = 'all'
JOIN run_option AS nu ON nu.run = t.uid AND nu.key = 'detector.nu'
JOIN cell AS c ON c.run = t.uid AND c.part = '' AND c.set_kind IN ('ood', 'noise')
JOIN detection AS d ON d.cell = c.cell AND d.metric = 'detection-error'
WHERE t.experiment = 'uniform-svdd'
GROUP BY t.uid;
