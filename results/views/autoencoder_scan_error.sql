-- The reconstruction error in autoencoder-scan, one row per attack, clipping and choice of anomalous images:
-- detection power (auroc) of scanning the error's pixels, and of an image's mean and largest error.
CREATE VIEW autoencoder_scan_error AS
SELECT run, dataset, attack, clip, kept,
       max(CASE WHEN detector NOT IN ('mean-error', 'max-error') THEN auroc END) AS scan,
       max(CASE detector WHEN 'mean-error' THEN auroc END) AS mean_error,
       max(CASE detector WHEN 'max-error' THEN auroc END) AS max_error
FROM autoencoder_scan WHERE layer = 'reconstruction-error' AND anomalous_percent IS NULL
GROUP BY run, attack, clip, kept;
