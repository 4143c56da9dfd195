#!/usr/bin/env bash
# Asks the questions of results/README.md of a store with ten million scores of single inputs beside the reference stores, and
# prints how many milliseconds each takes; exit 1 when one takes more than 200.
# usage: tests/bench/questions.sh   from the repository root, after `make`; a minute, 300 MB in the temporary folder
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
store=$work/all.sqlite
"${DEEPMINE_BINARY:-build/release/deepmine}" merge --store "$store" results/reference/*.sqlite results/studies/alpha-max.sqlite >"$work/log"

# Ten runs of one detector each, on a hundred layers, of ten sets of a thousand images.
sqlite3 "$store" <<'SQL'
BEGIN;
CREATE TEMP TABLE ten AS SELECT value AS i FROM generate_series(0, 9);
INSERT INTO run SELECT 'bench' || i, 'detectors', 'paper', status, seed, threads, started, started, heartbeat, error, command, code_version,
                       git_commit, dirty, compiler, flags, libraries, cpu, os FROM ten, (SELECT * FROM run LIMIT 1);
INSERT INTO spec_option SELECT 'mahalanobis:magnitude=' || i, 'name', 'mahalanobis' FROM ten;
INSERT INTO spec_option SELECT 'mahalanobis:magnitude=' || i, 'magnitude', i FROM ten;
INSERT INTO param SELECT 'bench' || i, 'detector', 'mahalanobis:magnitude=' || i FROM ten;
INSERT INTO param SELECT 'bench' || i, 'dataset', 'cifar10' FROM ten;
INSERT INTO input_set (run, name, kind, dataset, n)
SELECT 'bench' || r.i, 'set ' || s.i, iif(s.i = 0, 'clean', 'ood'), 'set ' || s.i, 1000 FROM ten AS r, ten AS s;
INSERT INTO input SELECT input_set, value, value, value % 10, value % 7, NULL FROM input_set, generate_series(0, 999) WHERE run LIKE 'bench%';
INSERT INTO score_cell (run, detector, layer, part, input_set, kind)
SELECT s.run, 'mahalanobis:magnitude=' || substr(s.run, 6), 'layer ' || l.value, '', s.input_set, 'individual'
FROM input_set AS s, generate_series(0, 99) AS l WHERE s.run LIKE 'bench%';
CREATE TEMP TABLE cells AS SELECT cell FROM score_cell WHERE run LIKE 'bench%' ORDER BY cell;
INSERT INTO score SELECT cell, value, random() / 1e19 FROM cells CROSS JOIN generate_series(0, 999);
INSERT INTO detection SELECT cell, m.column1, 0.5, 0.4, 0.6, 1000
FROM cells, (VALUES ('auroc'), ('aupr-in'), ('aupr-out'), ('detection-error'), ('fpr95')) AS m;
COMMIT;
SQL
echo "$(sqlite3 "$store" 'SELECT count(*) FROM score') scores, $(($(stat -c %s "$store") >> 20)) MB"

awk -v folder="$work" '/^```sql/ { file = folder "/" ++n ".sql"; next } /^```/ { file = "" } file { print > file }' results/README.md
slow=0
for question in $(ls "$work" | grep -E '^[0-9]+\.sql$' | sort -n); do
  (echo '.timer on'; cat "$work/$question") | sqlite3 "$store" >"$work/answer"
  took=$(awk '/^Run Time: real/ { sum += $4 } END { printf "%d", 1000 * sum }' "$work/answer")
  echo "${question%.sql}: $took ms"
  ((took <= 200)) || slow=1
done
exit $slow
