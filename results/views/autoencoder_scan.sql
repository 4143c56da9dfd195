-- Detection power (auroc) of autoencoder-scan, one row per layer, detector, attack, clipping and choice
-- of noised images, beside the published number: individual scans (`noised_percent` null) and test sets.
-- `clip`: 'clipped' images were kept in [0,1], 'unclipped' ones not, as published. `kept`: 'wrong' are
-- all images classified wrong after the attack, as published; 'fooled' those that were right before.
-- `published` is of the unclipped 'wrong' images and of other networks than ours.
CREATE VIEW autoencoder_scan AS
SELECT s.cell, s.run, data.value AS dataset, s.layer, s.detector,
       substr(s.attack, 1, instr(s.attack || ':', ':') - 1) AS attack,
       CASE WHEN s.attack LIKE '%clip=none%' THEN 'unclipped' ELSE 'clipped' END AS clip,
       s.target AS kept, CAST(round(100 * s.noised_fraction) AS INTEGER) AS noised_percent,
       s.n_inputs, s.n_scans, s.auroc, p.value AS published, s.precision, s.recall
FROM scan_summary AS s
JOIN run ON run.uid = s.run AND run.experiment = 'autoencoder-scan'
JOIN param AS data ON data.run = s.run AND data.key = 'dataset'
LEFT JOIN published AS p
  ON p.paper = 'autoencoder-scan' AND p.tbl = data.value AND p.metric = 'auroc'
 AND p.row = CASE WHEN s.detector LIKE '%-error' THEN s.detector ELSE s.layer END
 AND p.col = substr(s.attack, 1, instr(s.attack || ':', ':') - 1)
 AND s.kind = 'individual' AND s.target = 'wrong' AND s.attack LIKE '%clip=none%';
