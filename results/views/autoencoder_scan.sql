-- Detection power (auroc, as stored in `detection`) of autoencoder-scan, one row per layer, detector, attack, clipping and choice
-- of anomalous images: individual scans (`anomalous_percent` null) and test sets.
-- `clip`: 'clipped' images were kept in [0,1], 'unclipped' ones not, as published. `kept`: 'wrong' are
-- all images classified wrong after the attack, as published; 'fooled' those that were right before.
-- `printed` is the paper's number, `replicated` what its method gives with its autoencoder and its anomalous
-- images; both stand only where ours was measured with its splits, scan and epsilon.
CREATE VIEW autoencoder_scan AS
WITH cell AS (
  SELECT s.*, data.value AS dataset,
         substr(s.attack, 1, instr(s.attack || ':', ':') - 1) AS name,
         CASE WHEN s.attack LIKE '%clip=none%' THEN 'unclipped' ELSE 'clipped' END AS clip,
         CASE WHEN s.detector LIKE '%-error' THEN s.detector ELSE s.layer END AS part,
         s.kind = 'individual' AND s.target = 'wrong' AND s.attack || ',' LIKE '%epsilon=0.01,%'
           AND (s.attack NOT LIKE 'bim%' OR s.attack LIKE '%step=0.002,%')
           AND (SELECT count(*) FROM param AS p WHERE p.run = s.run
                AND (p.key, p.value) IN (VALUES ('background', '7000'), ('clean', '1500'), ('attacked', '1500'))) = 3
           AND EXISTS (SELECT 1 FROM param AS p WHERE p.run = s.run AND p.key = 'detector'
                       AND p.value LIKE 'subset-scan:alpha-max=0.5,%,conditional=false,%,statistic=berk-jones,tails=upper')
           AS as_published
  FROM scan_summary AS s
  JOIN run ON run.uid = s.run AND run.experiment = 'autoencoder-scan'
  JOIN param AS data ON data.run = s.run AND data.key = 'dataset'
)
SELECT c.cell, c.run, c.dataset, c.layer, c.detector, c.name AS attack, c.clip, c.target AS kept,
       CAST(round(100 * c.anomalous_fraction) AS INTEGER) AS anomalous_percent, c.n_inputs, c.n_scans,
       coalesce((SELECT d.value FROM detection AS d WHERE d.run = c.run AND d.layer = c.layer AND d.detector = c.detector
                 AND d.kind = c.kind AND d.metric = 'auroc' AND d.anomalous_fraction IS c.anomalous_fraction
                 AND d.attack = c.attack AND d.target = c.target), c.auroc) AS auroc,
       (SELECT value FROM published AS p WHERE p.paper = 'autoencoder-scan' AND p.tbl = c.dataset
        AND p.row = c.part AND p.col = c.name AND p.metric = 'auroc'
        AND c.clip = 'unclipped' AND c.as_published) AS printed,
       (SELECT value FROM published AS p WHERE p.paper = 'autoencoder-scan' AND p.tbl = c.dataset
        AND p.row = c.part AND p.col = c.name || CASE c.clip WHEN 'clipped' THEN ' clipped' ELSE '' END
        AND p.metric = 'auroc-replicated' AND c.as_published) AS replicated,
       c.precision, c.recall
FROM cell AS c;
