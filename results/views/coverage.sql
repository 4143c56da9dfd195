-- Every published cell of papers that print more than we run, uniform-svdd's, beside ours: the mean over the models of one
-- network that were measured alike, of the setting with the most of them. low, high: the lowest and highest of several models, of
-- one the 95 % interval. `source`: the profile, or the reason why there is none. `note`: pairs that cannot be, in the paper's words.
CREATE VIEW coverage AS
WITH ours AS (
  SELECT *, row_number() OVER (PARTITION BY tbl, model, "set", method, metric ORDER BY models DESC, profile, network, setting, learning, detector) AS choice
  FROM uniform_svdd_models
)
SELECT p.paper, p.tbl, p.row, p.col, p.metric, p.value AS published, o.literal AS ours, iif(o.models > 1, o.lowest, o.ci_low) AS low,
       iif(o.models > 1, o.highest, o.ci_high) AS high, o.strict, o.models,
       coalesce(o.profile, CASE
         WHEN p.row = 'ResNet (CIFAR10) / CW' THEN 'not run: hours on this network'
         WHEN p.row LIKE '%(SVHN)%' THEN 'not run: SVHN as in-distribution, of which the training set is absent'
         WHEN p.row LIKE 'VGG-16%' THEN 'not run: VGG-16, not trained'
         WHEN p.tbl = 'table8' AND p.col <> 'ours' THEN 'not run: perturbations of 12 sizes, hours on this network'
         WHEN p.tbl = 'table9' AND p.col <> 'ours' THEN 'not run: detectors learnt from each attack'
         WHEN p.row LIKE 'ResNet%' AND p.tbl IN ('table5', 'table6', 'table7') THEN 'not run: ResNet44 with outlier exposure, not trained'
         ELSE 'not in this store: deepmine run uniform-svdd --profile ' || iif(p.row LIKE 'LeNet%', 'small', 'paper --set model=MODEL') ||
              iif(p.tbl IN ('table5', 'table6', 'table7'), ' --set model=results/checkpoints/lenet-mnist-1-oe.npz', '') END) AS source,
       p.note
FROM published AS p
LEFT JOIN ours AS o ON o.tbl = p.tbl AND o.model || ' / ' || o."set" = p.row AND o.method = p.col AND o.metric = p.metric AND o.choice = 1
WHERE p.paper = 'uniform-svdd';
