-- The rows of `uniform_svdd_table` over the models of one network that were measured alike, which differ in their seeds: mean, lowest
-- and highest of `literal`, mean of `strict`, beside the published cell. Of several runs on one model the newest counts.
CREATE VIEW uniform_svdd_models AS
WITH newest AS (
  SELECT *, row_number() OVER (PARTITION BY profile, setting, learning, detector, weights, tbl, "set", metric
                               ORDER BY (SELECT started FROM run WHERE uid = run) DESC, run) AS age
  FROM uniform_svdd_table
)
SELECT profile, setting, learning, detector, model, network, oe, tbl, "set", method, metric, count(*) AS models, avg(literal) AS literal,
       min(literal) AS lowest, max(literal) AS highest, min(ci_low) AS ci_low, max(ci_high) AS ci_high, avg(strict) AS strict,
       max(published) AS published, max(note) AS note
FROM newest
WHERE age = 1
GROUP BY profile, setting, learning, detector, model, network, oe, tbl, "set", metric;
