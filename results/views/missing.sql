-- Published cells that no run of this store measured, and why: of papers that print more than we run, uniform-svdd's.
CREATE VIEW missing AS
SELECT p.paper, p.tbl, p.row, p.col, p.metric, p.value AS published,
       CASE WHEN p.row LIKE '%(SVHN)%' THEN 'SVHN as in-distribution: its training set is absent'
            WHEN p.row LIKE 'VGG-16%' THEN 'VGG-16: not trained'
            WHEN p.row LIKE 'ResNet%' AND p.tbl IN ('table5', 'table6', 'table7') THEN 'ResNet44 with outlier exposure: not trained'
            WHEN p.row LIKE '%FoolIm' THEN 'fooling images: not made for this model'
            ELSE 'no such run in this store: deepmine run uniform-svdd --profile ' || iif(p.row LIKE 'LeNet%', 'small', 'paper') END AS reason
FROM published AS p
WHERE p.paper = 'uniform-svdd'
  AND NOT EXISTS (SELECT 1 FROM uniform_svdd_table AS t WHERE t.tbl = p.tbl AND t.model || ' / ' || t."set" = p.row AND t.method = p.col
                  AND t.metric = p.metric);
