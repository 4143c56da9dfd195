-- The rows of `uniform_svdd_table` over the models of one network, which differ in their seeds: mean, lowest and highest of
-- `literal`, mean of `strict`, beside the published cell.
CREATE VIEW uniform_svdd_models AS
SELECT profile, model, oe, tbl, "set", method, metric, count(DISTINCT weights) AS models, avg(literal) AS literal,
       min(literal) AS lowest, max(literal) AS highest, avg(strict) AS strict, max(published) AS published, max(note) AS note
FROM uniform_svdd_table
GROUP BY profile, model, oe, tbl, "set", method, metric;
