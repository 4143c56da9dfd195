-- One row per variant of Table 1: what differs from the first, and the detection power it has.
WITH facts AS (
  SELECT run.uid, m.test_accuracy AS accuracy,
         substr(m.recipe, 1, instr(m.recipe, ':') - 1) || ' ' ||
           substr(m.recipe, instr(m.recipe, 'epochs='),
                  instr(substr(m.recipe, instr(m.recipe, 'epochs=')) || ',', ',') - 1) AS training,
         (SELECT replace(value, 'stack3.block3.', '') FROM param
          WHERE run = run.uid AND key = 'layer') AS layer,
         (SELECT 'start ' || max(iif(key = 'start', value, '')) ||
                 iif(max(key = 'tails' AND value = 'both'), ', both tails', '') ||
                 iif(max(key = 'conditional' AND value = 'true'), ', by class', '') ||
                 iif(max(key = 'one-class' AND value = 'true'), ', one class', '') ||
                 iif(max(key = 'group' AND value = 'channel'), ', channels', '')
          FROM detector_option WHERE run = run.uid) AS scan,
         (SELECT iif(value = 'none', 'none', 'unit') FROM run_option WHERE run = run.uid AND key = 'attack.clip') AS clip
  FROM run JOIN run_input AS i ON i.run = run.uid AND i.role = 'model'
  JOIN model AS m ON m.sha256 = i.sha256
  WHERE run.status = 'finished'
), cell AS (  -- ours, and once the paper's
  SELECT run, target, col, ours AS value FROM deep_mining_table1 WHERE metric = 'auroc'
  UNION ALL
  SELECT DISTINCT 'paper', target, col, published FROM deep_mining_table1
  WHERE metric = 'auroc' AND published IS NOT NULL
), shown AS (
  SELECT uid, training, printf('%.4f', accuracy) AS accuracy, layer, scan, clip FROM facts
  UNION ALL SELECT 'paper', 'the paper', NULL, NULL, NULL, NULL
)
SELECT training, accuracy, layer, scan, clip,
       printf('%.3f', max(iif(target = 'mean 0-9' AND col = 'individual', value, NULL))) AS individual,
       printf('%.3f', max(iif(target = 'mean 0-9' AND col = '6', value, NULL))) AS "6 %",
       printf('%.3f', max(iif(target = 'mean 0-9' AND col = '10', value, NULL))) AS "10 %",
       printf('%.3f', max(iif(target = 'mean 0-9' AND col = '14', value, NULL))) AS "14 %",
       printf('%.3f', max(iif(target = 'All' AND col = '6', value, NULL))) AS "All 6 %",
       printf('%.3f', max(iif(target = 'All' AND col = '10', value, NULL))) AS "All 10 %",
       printf('%.3f', max(iif(target = 'All' AND col = '14', value, NULL))) AS "All 14 %"
FROM shown JOIN cell ON cell.run = shown.uid GROUP BY uid
ORDER BY training = 'the paper' DESC, training DESC, layer = 'conv2' DESC, layer, scan = 'start paper' DESC,
         scan, clip DESC;
