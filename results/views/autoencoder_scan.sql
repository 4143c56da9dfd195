-- Detection power (auroc, as stored in `detection`) of autoencoder-scan, one row per layer, detector, attack, clipping and choice
-- of anomalous images: individual scans (`anomalous_percent` null) and test sets.
-- `clip`: 'clipped' images were kept in [0,1], 'unclipped' ones not, as published. `kept`: 'wrong' are
-- all images classified wrong after the attack, as published; 'fooled' those that were right before.
-- `printed` is the paper's number, `replicated` what its method gives with its autoencoder and its anomalous
-- images; both stand only where ours was measured with its splits, scan and epsilon.
CREATE VIEW autoencoder_scan AS
WITH measured AS (
  SELECT s.*, data.value AS dataset, name.value AS name, iif(clip.value = 'none', 'unclipped', 'clipped') AS clip,
         CASE WHEN s.detector IN ('mean-error', 'max-error') THEN s.detector ELSE s.layer END AS place,
         s.kind = 'individual' AND s.target = 'wrong'
           AND EXISTS (SELECT 1 FROM spec_option WHERE spec = s.attack AND key = 'epsilon' AND value = '0.01')
           AND (name.value <> 'bim' OR EXISTS (SELECT 1 FROM spec_option WHERE spec = s.attack AND key = 'step' AND value = '0.002'))
           AND (SELECT count(*) FROM run_option AS o WHERE o.run = s.run AND (o.key, o.value) IN (VALUES
                  ('background', '7000'), ('clean', '1500'), ('attacked', '1500'), ('detector.name', 'subset-scan'),
                  ('detector.alpha-max', '0.5'), ('detector.conditional', 'false'), ('detector.statistic', 'berk-jones'),
                  ('detector.tails', 'upper'))) = 8 AS as_published
  FROM scan_summary AS s
  JOIN run ON run.uid = s.run AND run.experiment = 'autoencoder-scan'
  JOIN param AS data ON data.run = s.run AND data.key = 'dataset'
  JOIN spec_option AS name ON name.spec = s.attack AND name.key = 'name'
  LEFT JOIN spec_option AS clip ON clip.spec = s.attack AND clip.key = 'clip'
)
SELECT c.cell, c.run, c.dataset, c.layer, c.detector, c.name AS attack, c.clip, c.target AS kept,
       CAST(round(100 * c.anomalous_fraction) AS INTEGER) AS anomalous_percent, c.n_inputs, c.n_scans, c.auroc,
       (SELECT value FROM published AS p WHERE p.paper = 'autoencoder-scan' AND p.tbl = c.dataset
        AND p.row = c.place AND p.col = c.name AND p.metric = 'auroc'
        AND c.clip = 'unclipped' AND c.as_published) AS printed,
       (SELECT value FROM published AS p WHERE p.paper = 'autoencoder-scan' AND p.tbl = c.dataset
        AND p.row = c.place AND p.col = c.name || CASE c.clip WHEN 'clipped' THEN ' clipped' ELSE '' END
        AND p.metric = 'auroc-replicated' AND c.as_published) AS replicated,
       c.precision, c.recall
FROM measured AS c;
