#!/usr/bin/env bash
# Converts stores of version 1, which knew scans only, to version 2: every score stays as it is. The stores of this folder and of
# studies/ were measured with version 1 and are converted by it.
# usage: results/reference/from-version-1.sh FILE.sqlite...   from the repository root
set -euo pipefail

# `v1` is the old store, `main` the new one.
read -r -d '' convert <<'SQL' || true
PRAGMA application_id = 1684366704;  -- 'deep'
PRAGMA user_version = 2;
INSERT INTO run SELECT * FROM v1.run;
INSERT INTO param SELECT run, replace(key, 'noised', 'anomalous'), value FROM v1.param;
INSERT INTO unit SELECT * FROM v1.unit;
INSERT INTO dataset SELECT * FROM v1.dataset;
INSERT INTO model SELECT * FROM v1.model;
INSERT INTO run_input SELECT * FROM v1.run_input;
INSERT INTO artifact SELECT * FROM v1.artifact;
INSERT INTO attack_set SELECT * FROM v1.attack_set;
INSERT INTO shape_check SELECT run, replace(name, 'noised', 'anomalous'), passed, replace(detail, 'noised', 'anomalous') FROM v1.shape_check;
INSERT INTO published SELECT * FROM v1.published;

INSERT INTO input_set (run, name, kind, dataset, attack, target, kept, n)
SELECT c.run, iif(c.attack IS NULL, 'clean', c.attack || ' / ' || c.target), iif(c.attack IS NULL, 'clean', 'adversarial'), p.value,
       c.attack, iif(c.target IN ('wrong', 'fooled'), NULL, c.target), iif(c.target IN ('wrong', 'fooled'), c.target, NULL), 0
FROM v1.scan_cell AS c JOIN v1.param AS p ON p.run = c.run AND p.key = 'dataset'
GROUP BY c.run, c.attack, c.target ORDER BY min(c.cell);

CREATE TEMP TABLE cell_set AS
SELECT c.cell, s.input_set FROM v1.scan_cell AS c
JOIN main.input_set AS s ON s.run = c.run AND s.attack IS c.attack AND coalesce(s.target, s.kept) IS c.target;

-- The images of a set are known from the scans of single ones.
INSERT INTO input (input_set, item, source, success)
SELECT s.input_set, row_number() OVER (PARTITION BY s.input_set ORDER BY r.item) - 1, r.item, iif(s.kind = 'adversarial', 1, NULL)
FROM main.input_set AS s
JOIN v1.scan_row AS r ON r.cell = (SELECT min(cell) FROM cell_set JOIN v1.scan_cell USING (cell)
                                   WHERE input_set = s.input_set AND kind = 'individual');
INSERT INTO input (input_set, item, source, success)  -- those of all targets, one target after the other
SELECT a.input_set, row_number() OVER (PARTITION BY a.input_set ORDER BY CAST(s.target AS INTEGER), i.item) - 1, i.source, 1
FROM main.input_set AS a JOIN main.input_set AS s ON s.run = a.run AND s.attack = a.attack AND s.target <> 'All'
JOIN main.input AS i ON i.input_set = s.input_set WHERE a.target = 'All';
UPDATE main.input_set SET n = (SELECT count(*) FROM main.input AS i WHERE i.input_set = main.input_set.input_set);

INSERT INTO score_cell
SELECT c.cell, c.run, iif(c.detector = p.value OR c.detector = substr(p.value, 1, instr(p.value || ':', ':') - 1), p.value, c.detector),
       c.layer, '', s.input_set, c.kind, c.noised_fraction, iif(c.kind = 'individual', NULL, c.n_inputs),
       iif(c.kind = 'individual', NULL, c.n_noised)
FROM v1.scan_cell AS c JOIN cell_set AS s USING (cell) JOIN v1.param AS p ON p.run = c.run AND p.key = 'detector';

CREATE TEMP TABLE moved AS  -- single images were numbered by their place in the dataset
SELECT c.cell, i.source AS item, i.item AS place FROM main.score_cell AS c JOIN main.input AS i USING (input_set) WHERE c.kind = 'individual';
CREATE UNIQUE INDEX temp.moved_from ON moved (cell, item);
CREATE TEMP VIEW row AS
SELECT coalesce(m.place, r.item) AS place, r.* FROM v1.scan_row AS r LEFT JOIN moved AS m ON m.cell = r.cell AND m.item = r.item;
INSERT INTO score SELECT cell, place, score FROM temp.row ORDER BY 1, 2;
INSERT INTO scan_detail
SELECT cell, place, alpha, n_selected, n_selected_noised, n_nodes, n_shared_sources, best_start, half_steps, microseconds
FROM temp.row WHERE cell IN (SELECT cell FROM v1.scan_cell WHERE detector NOT IN ('mean-error', 'max-error')) ORDER BY 1, 2;
INSERT INTO start_score
SELECT s.cell, coalesce(m.place, s.item), s.start, s.score FROM v1.start_score AS s LEFT JOIN moved AS m ON m.cell = s.cell AND m.item = s.item;

INSERT INTO detection
SELECT c.cell, d.metric, d.value, d.ci_low, d.ci_high, d.n FROM v1.detection AS d
JOIN v1.scan_cell AS c ON c.run = d.run AND c.layer = d.layer AND c.detector = d.detector AND c.kind = d.kind AND c.attack IS d.attack
 AND c.target IS d.target AND c.noised_fraction IS d.noised_fraction;
-- The first programs left precision and recall to the views.
INSERT OR IGNORE INTO detection (cell, metric, value, n)
SELECT c.cell, 'precision', avg(CAST(d.n_selected_anomalous AS REAL) / d.n_selected), count(*)
FROM main.score_cell AS c JOIN main.scan_detail AS d USING (cell) WHERE c.kind = 'mixed' AND d.n_selected > 0 GROUP BY c.cell
UNION ALL
SELECT c.cell, 'recall', avg(CAST(d.n_selected_anomalous AS REAL) / c.n_anomalous), count(*)
FROM main.score_cell AS c JOIN main.scan_detail AS d USING (cell) WHERE c.kind = 'mixed' GROUP BY c.cell;

WITH text (spec) AS (
  SELECT value FROM v1.param WHERE instr(value, '=') UNION SELECT attack FROM v1.attack_set UNION SELECT detector FROM main.score_cell
), part AS (  -- of lists with + between their specs
  SELECT text.spec, p.value AS one, iif(instr(text.spec, '+'), p.key || '.', '') AS before
  FROM text, json_each('["' || replace(text.spec, '+', '","') || '"]') AS p
)
INSERT INTO spec_option
SELECT spec, before || 'name', substr(one, 1, instr(one || ':', ':') - 1) FROM part
UNION ALL
SELECT spec, before || substr(o.value, 1, instr(o.value, '=') - 1), substr(o.value, instr(o.value, '=') + 1)
FROM part, json_each('["' || replace(substr(one, instr(one, ':') + 1), ',', '","') || '"]') AS o WHERE instr(one, ':');
SQL

for store in "$@"; do
  [[ $(sqlite3 "$store" 'PRAGMA user_version') == 1 ]] || { echo "$store: expected a store of version 1" >&2; exit 1; }
  new=$(mktemp "$store.XXXXXX")
  {
    echo "PRAGMA foreign_keys = ON; ATTACH '$store' AS v1; BEGIN;"
    cat results/schema.sql
    echo "$convert"
    cat results/views/*.sql
    echo "COMMIT; DETACH v1; VACUUM; PRAGMA foreign_key_check;"
  } | sqlite3 -bail "$new"
  chmod --reference="$store" "$new"
  mv "$new" "$store"
done
