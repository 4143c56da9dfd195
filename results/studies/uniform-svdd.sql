-- What the choices of uniform-svdd are worth, from a store that results/reference/make-uniform-svdd.sh filled. TNR in %, means over the
-- sets of a table and the models of a network.
.print <!-- generous -->
WITH one AS (  -- of ours on the paper's layer, each set once
  SELECT DISTINCT t.model, iif(t.oe, 'with', 'without') AS "outlier exposure", t.weights, t.tbl, t."set", t.set_number, t.run, t.set_kind
  FROM uniform_svdd_table AS t WHERE t.method = 'ours' AND t.metric = 'tnr95' AND t.tbl NOT IN ('table8', 'table9') AND t.profile IN ('small', 'paper')
), value AS (
  SELECT one.*, c.part, d.metric, d.value FROM one JOIN score_cell AS c ON c.run = one.run AND c.input_set = one.set_number
  JOIN detection AS d ON d.cell = c.cell AND d.metric GLOB 'tnr95*'
), wide AS (
  SELECT *, iif(set_kind = 'adversarial' AND "set" <> 'FoolIm', 'tnr95 successful', 'tnr95') AS strict_metric
  FROM one
)
SELECT w.model, w."outlier exposure", 'Table ' || substr(w.tbl, 6) AS sets, count(DISTINCT w.weights) AS models,
  round(100 * avg((SELECT value FROM value AS v WHERE v.run = w.run AND v.set_number = w.set_number AND v.part = 'transductive' AND v.metric = 'tnr95')), 2) AS literal,
  round(100 * avg((SELECT value FROM value AS v WHERE v.run = w.run AND v.set_number = w.set_number AND v.part = '' AND v.metric = 'tnr95')), 2) AS "normalised by training images",
  round(100 * avg((SELECT value FROM value AS v WHERE v.run = w.run AND v.set_number = w.set_number AND v.part = 'transductive' AND v.metric = 'tnr95 held-out')), 2) AS "held-out thresholds",
  round(100 * avg((SELECT value FROM value AS v WHERE v.run = w.run AND v.set_number = w.set_number AND v.part = 'transductive' AND v.metric = w.strict_metric)), 2) AS "successful attacks only",
  round(100 * avg((SELECT value FROM value AS v WHERE v.run = w.run AND v.set_number = w.set_number AND v.part = '' AND v.metric = w.strict_metric || ' held-out')), 2) AS "all three"
FROM wide AS w GROUP BY w.model, w.tbl ORDER BY w.model, w.tbl;
.print <!-- settings -->
WITH tried AS (  -- of each network the model with the most settings
  SELECT model, weights, row_number() OVER (PARTITION BY model ORDER BY count(DISTINCT run) DESC, weights) AS choice
  FROM uniform_svdd_table WHERE NOT oe AND profile IN ('small', 'paper') GROUP BY model, weights
)
SELECT model, method, iif(learning LIKE '%learn=%', learning, '') AS "learns from",
  round(100 * avg(iif(tbl = 'table2', literal, NULL)), 2) AS "Table 2", round(100 * avg(iif(tbl = 'table3', literal, NULL)), 2) AS "Table 3",
  round(100 * avg(iif(tbl = 'table4', literal, NULL)), 2) AS "Table 4"
FROM uniform_svdd_table JOIN tried USING (model, weights)
WHERE choice = 1 AND metric = 'tnr95' AND tbl IN ('table2', 'table3', 'table4') AND profile IN ('small', 'paper')
  AND model IN ('LeNet (MNIST)', 'ResNet (CIFAR10)')
GROUP BY model, run ORDER BY model, method GLOB 'one-class*', method, learning;
.print <!-- layers -->
SELECT substr(network, 1, instr(network, ':') - 1) AS network, layer, nu,
  round(100 * max(iif(NOT is_literal, error, NULL)), 2) AS "error against the mixture", round(100 * max(iif(is_literal, error, NULL)), 2) AS "against TinyImageNet"
FROM uniform_svdd_mdl WHERE profile = 'mdl' GROUP BY network, layer, nu ORDER BY network, 4;
.print <!-- range -->
SELECT t."set", t.method, round(100 * t.literal, 2) AS mean, round(100 * t.lowest, 2) AS lowest, round(100 * t.highest, 2) AS highest, t.models, round(100 * t.published, 2) AS published
FROM uniform_svdd_models AS t WHERE t.model = 'LeNet (MNIST)' AND t.metric = 'tnr95' AND t.method IN ('ours', 'ELO') AND t.tbl IN ('table2', 'table3', 'table4')
  AND t.models > 1 ORDER BY t.method DESC, t.tbl, t."set";
