-- Tables 2 to 7 of uniform-svdd at a glance, one row per network, set and metric, a column per method: ours in %, the mean over the
-- models measured alike, and the paper's in brackets. Of several settings of one network that with the most models is shown.
CREATE VIEW uniform_svdd_summary AS
WITH chosen AS (
  SELECT *, row_number() OVER (PARTITION BY model, network, tbl, "set", method, metric ORDER BY models DESC, profile, setting, learning, detector) AS choice,
         printf('%.1f', 100 * literal) || iif(published IS NULL, '', printf(' [%.1f]', 100 * published)) AS cell
  FROM uniform_svdd_models
  WHERE tbl NOT IN ('table8', 'table9') AND method IN ('baseline', 'ODIN', 'MD', 'KD+BU', 'LID', 'ELO', 'ours')
)
SELECT model, network, tbl, "set", metric, max(models) AS models,
       max(iif(method = 'baseline', cell, NULL)) AS MSP, max(iif(method = 'ODIN', cell, NULL)) AS ODIN,
       max(iif(method = 'MD', cell, NULL)) AS MD, max(iif(method = 'KD+BU', cell, NULL)) AS "KD+BU",
       max(iif(method = 'LID', cell, NULL)) AS LID, max(iif(method = 'ELO', cell, NULL)) AS ELO,
       max(iif(method = 'ours', cell, NULL)) AS ours
FROM chosen WHERE choice = 1
GROUP BY model, network, tbl, "set", metric;
