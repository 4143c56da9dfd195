-- One row per variant of Table 1: what differs from the first, and the detection power it has.
WITH facts AS (
  SELECT run.uid, m.test_accuracy AS accuracy,
         substr(m.recipe, 1, instr(m.recipe, ':') - 1) || ' ' ||
           substr(m.recipe, instr(m.recipe, 'epochs='),
                  instr(substr(m.recipe, instr(m.recipe, 'epochs=')) || ',', ',') - 1) AS training,
         (SELECT replace(value, 'stack3.block3.', '') FROM param
          WHERE run = run.uid AND key = 'layer') AS layer,
         (SELECT substr(value, instr(value, 'start=') + 6,
                        instr(substr(value, instr(value, 'start=') + 6) || ',', ',') - 1)
          FROM param WHERE run = run.uid AND key = 'detector') AS start,
         (SELECT CASE WHEN value LIKE '%clip=none%' THEN 'none' ELSE 'unit' END
          FROM param WHERE run = run.uid AND key = 'attack') AS clip
  FROM run JOIN run_input AS i ON i.run = run.uid AND i.role = 'model'
  JOIN model AS m ON m.sha256 = i.sha256
  WHERE run.status = 'finished'
), cell AS (
  SELECT run, max(CASE WHEN target = 'mean 0-9' AND col = 'individual' THEN ours END) AS individual,
         max(CASE WHEN target = 'mean 0-9' AND col = '6' THEN ours END) AS mean6,
         max(CASE WHEN target = 'mean 0-9' AND col = '10' THEN ours END) AS mean10,
         max(CASE WHEN target = 'mean 0-9' AND col = '14' THEN ours END) AS mean14,
         max(CASE WHEN target = 'All' AND col = '6' THEN ours END) AS all6,
         max(CASE WHEN target = 'All' AND col = '10' THEN ours END) AS all10,
         max(CASE WHEN target = 'All' AND col = '14' THEN ours END) AS all14
  FROM deep_mining_table1 WHERE metric = 'auroc' GROUP BY run
)
SELECT training, printf('%.4f', accuracy) AS accuracy, layer, start, clip,
       printf('%.3f', individual) AS individual, printf('%.3f', mean6) AS "6 %",
       printf('%.3f', mean10) AS "10 %", printf('%.3f', mean14) AS "14 %",
       printf('%.3f', all6) AS "All 6 %", printf('%.3f', all10) AS "All 10 %",
       printf('%.3f', all14) AS "All 14 %"
FROM facts JOIN cell ON cell.run = facts.uid
ORDER BY training DESC, layer = 'conv2' DESC, layer, start = 'paper' DESC, start, clip DESC;
