-- Tables 2 to 9 of uniform-svdd, one row per run, set and metric ('tnr95', 'mean-auroc'), ours beside the paper's. `literal` is
-- measured as its authors did: thresholds from the inputs under test, adversarial images of which the attack failed kept, parts
-- of the score normalised by the inputs under test (but of fooling images, where theirs are not at all, by training images).
-- `strict`: thresholds from the clean inputs at even places for those at odd ones, successful adversarial images only, parts
-- normalised by training images. `model`, `set` and `method` are the paper's names, where it has such; `weights` the model's
-- checksum; `oe`: trained with outlier exposure. `published` is null where the paper has no such cell, and so is `tbl` where
-- detectors learnt from another attack than it says. ci_low, ci_high: of `literal`, AUROC of methods with one threshold only.
CREATE VIEW uniform_svdd_table AS
WITH network AS (
  SELECT r.uid AS run, r.profile, m.sha256 AS weights, m.recipe GLOB 'oe:*' AS oe,
         CASE n.value || ' ' || d.value
           WHEN 'lenet mnist' THEN 'LeNet (MNIST)'
           WHEN 'vgg16 cifar10' THEN 'VGG-16 (CIFAR10)'
           WHEN 'resnet cifar10' THEN iif(depth.value = '44', 'ResNet (CIFAR10)', 'ResNet' || depth.value || ' (CIFAR10)')
           ELSE coalesce(n.value, 'unknown') || ' (' || d.value || ')' END AS model
  FROM run AS r JOIN run_input AS i ON i.run = r.uid AND i.role = 'model' JOIN model AS m ON m.sha256 = i.sha256
  JOIN param AS d ON d.run = r.uid AND d.key = 'dataset'
  LEFT JOIN spec_option AS n ON n.spec = m.network AND n.key = 'name'
  LEFT JOIN spec_option AS depth ON depth.spec = m.network AND depth.key = 'depth'
  WHERE r.experiment = 'uniform-svdd'
), method AS (
  SELECT r.uid AS run, learnt.value AS learn_attack, CAST(epsilon.value AS REAL) > 0 AS perturbed,
         CASE d.value WHEN 'msp' THEN 'baseline' WHEN 'odin' THEN 'ODIN' WHEN 'mahalanobis' THEN 'MD' WHEN 'kd-bu' THEN 'KD+BU'
           WHEN 'lid' THEN 'LID'
           WHEN 'one-class' THEN iif(layers.value LIKE '%+logits', iif(classes.value = 'all', NULL, 'ours'), iif(classes.value = 'all', 'ELO' || iif(CAST(nu.value AS REAL) = 0.001, '', ', nu ' || nu.value), NULL))
           END AS method
  FROM run AS r JOIN run_option AS d ON d.run = r.uid AND d.key = 'detector.name'
  LEFT JOIN run_option AS epsilon ON epsilon.run = r.uid AND epsilon.key = 'detector.epsilon'
  LEFT JOIN run_option AS layers ON layers.run = r.uid AND layers.key = 'detector.layers'
  LEFT JOIN run_option AS nu ON nu.run = r.uid AND nu.key = 'detector.nu'
  LEFT JOIN run_option AS classes ON classes.run = r.uid AND classes.key = 'detector.classes'
  LEFT JOIN param AS learnt ON learnt.run = r.uid AND learnt.key = 'learn-attack'
  WHERE r.experiment = 'uniform-svdd'
), sets AS (
  SELECT c.run, c.cell, c.set_number, c.set_kind, c.attack, c.input_set,
         CASE substr(coalesce(c.attack, c.dataset), 1, instr(coalesce(c.attack, c.dataset) || ':', ':') - 1)
           WHEN 'fashion-mnist' THEN 'F-MNIST' WHEN 'omniglot' THEN 'Omniglot' WHEN 'tiny-imagenet-resize' THEN 'TinyIm'
           WHEN 'lsun-resize' THEN 'LSUN' WHEN 'isun' THEN 'iSUN' WHEN 'svhn' THEN 'SVHN' WHEN 'cifar10' THEN 'CIFAR10'
           WHEN 'gaussian' THEN 'Gaussian' WHEN 'uniform' THEN 'Uniform' WHEN 'fooling' THEN 'FoolIm' WHEN 'fgsm' THEN 'FGSM'
           WHEN 'bim-a' THEN 'BIM-a' WHEN 'bim-b' THEN 'BIM-b' WHEN 'jsma' THEN 'JSMA' WHEN 'cw' THEN 'CW'
           ELSE coalesce(c.attack, c.input_set) END AS name
  FROM cell AS c JOIN run AS r ON r.uid = c.run AND r.experiment = 'uniform-svdd'
  WHERE c.part = '' AND c.set_kind <> 'clean'
), placed AS (
  SELECT n.run, n.profile, n.model, n.weights, n.oe, m.method, s.name AS "set", s.cell, s.set_number, s.set_kind,
         CASE WHEN m.method IN ('KD+BU', 'LID') AND m.learn_attack = s.attack AND m.learn_attack NOT GLOB 'fgsm:*' THEN 9
              WHEN m.method IN ('KD+BU', 'LID') AND m.learn_attack NOT GLOB 'fgsm:*' THEN NULL
              WHEN m.perturbed THEN 8
              ELSE CASE WHEN s.name = 'FoolIm' OR s.set_kind = 'noise' THEN 4 WHEN s.set_kind = 'ood' THEN 2 ELSE 3 END
                   + iif(n.oe, 3, 0) END AS number, m.learn_attack = s.attack AS learnt
  FROM network AS n JOIN method AS m USING (run) JOIN sets AS s USING (run)
  WHERE m.method IS NOT NULL
), twice AS (  -- Tables 8 and 9 repeat what Tables 2 and 3 have of ours, and of detectors that learn from FGSM
  SELECT *, 'table' || number AS tbl FROM placed
  UNION ALL
  SELECT *, iif(number = 2, 'table8', 'table9') FROM placed
  WHERE model GLOB '* (CIFAR10)' AND (number IN (2, 3) AND method = 'ours' OR number = 3 AND method IN ('KD+BU', 'LID') AND learnt)
), wanted (metric) AS (VALUES ('tnr95'), ('mean-auroc'))
SELECT p.run, p.profile, p.model, p.weights, p.oe, p.tbl, p."set", p.method, w.metric, l.value AS literal, s.value AS strict,
       a.ci_low, a.ci_high, l.n, t.value AS published, l.value - t.value AS difference, t.note, p.set_number
FROM twice AS p JOIN wanted AS w
LEFT JOIN score_cell AS mixed ON mixed.run = p.run AND mixed.input_set = p.set_number AND mixed.part = 'transductive'
 AND p.method = 'ours' AND p."set" <> 'FoolIm'
JOIN detection AS l ON l.cell = coalesce(mixed.cell, p.cell) AND l.metric = w.metric
LEFT JOIN detection AS s ON s.cell = p.cell AND s.metric = w.metric || iif(p.set_kind = 'adversarial', ' successful', '') || ' held-out'
LEFT JOIN detection AS a ON a.cell = p.cell AND a.metric = 'auroc' AND w.metric = 'mean-auroc' AND p.method <> 'ours'
LEFT JOIN published AS t ON t.paper = 'uniform-svdd' AND t.tbl = p.tbl AND t.row = p.model || ' / ' || p."set" AND t.col = p.method
 AND t.metric = w.metric;
