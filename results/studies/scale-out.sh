#!/usr/bin/env bash
# Measures what work costs that is cut into parts, and what it costs to put the parts together, and prints scale-out.md.
# usage: results/studies/scale-out.sh > results/studies/scale-out.md
# from the repository root, after `make build`, on a machine that does nothing else; about a quarter of an hour on two cores.
# Where PostgreSQL is installed (Debian: postgresql), and the user is root, the same rows are put into it, too.
set -euo pipefail

program=${DEEPMINE_BINARY:-$PWD/build/release/deepmine}
bench=${DEEPMINE_BENCH:-build/release/tests/bench_merge}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_WAIT_POLICY=passive

# cpu FILE COMMAND...: runs it and adds the seconds of processor time it took to FILE.
cpu() {
  local file=$1; shift
  local TIMEFORMAT='%U %S'
  { time "$@" >"$work/out" 2>"$work/err"; } 2>"$work/time" || { cat "$work/err" >&2; return 1; }
  awk '{print $1 + $2}' "$work/time" >>"$file"
}
total() { awk '{sum += $1} END {printf "%.1f", sum}' "$1"; }
middle() { sort -n "$1" | awk '{v[NR] = $1} END {printf "%.1f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }

# parts EXPERIMENT N: N workers one after the other, and merging; a row of the table.
parts() {
  local experiment=$1 n=$2 i folder=$work/$1-$2
  mkdir "$folder"
  "$program" plan "$experiment" --profile quick --quiet --threads 1 --store "$folder/all.sqlite" --out "$folder/p" >/dev/null
  for ((i = 0; i < n; ++i)); do cpu "$folder/cpu" "$program" work "$folder/p" --quiet --index "$i" --of "$n"; done
  cpu "$folder/merging" "$program" merge --plan "$folder/p" --quiet
  cmp "$work/out" "$work/$experiment.md" >&2 || { echo "$experiment of $n: another table" >&2; return 1; }
  # The same workers again find everything done: what is left is starting.
  for ((i = 0; i < n && i < 4; ++i)); do cpu "$folder/again" "$program" work "$folder/p" --quiet --index "$i" --of "$n"; done
  echo "| $experiment | $n | $(total "$folder/cpu") | $(middle "$folder/cpu") | $(ratio "$(total "$folder/cpu")" "$(total "$work/$experiment.cpu")") |" \
    "$(middle "$folder/again") | $(total "$folder/merging") | $(du -k --apparent-size "$folder"/p.shards/*.sqlite | awk '{s += $1} END {print s}') |" \
    "$(du -m --apparent-size -s "$folder/artifacts" | cut -f 1) | equal |"
}

postgres() {
  local bin rows=1000000 files=16 i begin end
  bin=$(dirname "$(find /usr/lib/postgresql -name initdb 2>/dev/null | tail -n 1)" 2>/dev/null)
  if [[ -z $bin || $bin == . ]] || ((EUID != 0)); then echo "PostgreSQL: not measured, it is not installed or the user is not root."; return; fi
  chmod 755 "$work"; mkdir -m 777 "$work/pg" "$work/csv"
  as() { (cd / && runuser -u postgres -- "$@"); }
  as "$bin/initdb" -D "$work/pg/data" -A trust >/dev/null
  as "$bin/pg_ctl" -D "$work/pg/data" -o "-k $work/pg -h ''" -l "$work/pg/log" -w start >/dev/null
  sql() { as "$bin/psql" -h "$work/pg" -d postgres -q -v ON_ERROR_STOP=1 "$@"; }
  sql -c 'CREATE TABLE scan_row (cell int, item int, score float8, alpha float8, a int, b int, c int, d int, e int, f int, g int, PRIMARY KEY (cell, item))'
  for ((i = 0; i < files; ++i)); do
    awk -v from=$((i * rows / files)) -v count=$((rows / files)) 'BEGIN {for (k = from; k < from + count; ++k)
      printf "%d,%d,%.17g,0.25,90,40,1500,0,3,110,9000\n", k / 100, k % 100, 1000 / (1 + k % 997)}' >"$work/csv/$i"
    cat >"$work/csv/$i.sql" <<SQL
BEGIN; CREATE TEMP TABLE part (LIKE scan_row);
COPY part FROM '$work/csv/$i' WITH (FORMAT csv);
SELECT count(*) FROM part p JOIN scan_row m USING (cell, item) WHERE p.score IS DISTINCT FROM m.score OR p.alpha IS DISTINCT FROM m.alpha;
INSERT INTO scan_row SELECT * FROM part ON CONFLICT DO NOTHING; COMMIT;
SQL
  done
  for clients in 1 4; do
    sql -c 'TRUNCATE scan_row' -c CHECKPOINT
    begin=$(date +%s.%N)
    for ((i = 0; i < files; ++i)); do echo "$work/csv/$i.sql"; done |
      (cd / && xargs -P "$clients" -n 1 runuser -u postgres -- "$bin/psql" -h "$work/pg" -d postgres -q -v ON_ERROR_STOP=1 -f) >/dev/null
    end=$(date +%s.%N)
    [[ $(sql -At -c 'SELECT count(*) FROM scan_row') == "$rows" ]] || { echo "PostgreSQL lost rows" >&2; return 1; }
    echo "| $(as "$bin/postgres" --version | awk '{print "PostgreSQL " $3}'), $clients client$([[ $clients == 1 ]] || echo s) | $(awk -v a="$begin" -v b="$end" 'BEGIN {printf "%.1f", b - a}') |"
  done
  as "$bin/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null
}

for experiment in deep-mining autoencoder-scan; do
  cpu "$work/$experiment.cpu" "$program" run "$experiment" --profile quick --quiet --threads 1 --store "$work/$experiment.sqlite" --artifacts "$work/$experiment.artifacts"
  mv "$work/out" "$work/$experiment.md"
done

cat <<EOF
# What it costs to cut a run into parts

$("$program" --version | head -n 1); $(awk -F ': ' '/model name/ {print $2; exit}' /proc/cpuinfo), one thread a worker, workers one after the other.
Made by \`results/studies/scale-out.sh\`. Seconds are of processor time unless said otherwise.

## Workers
Quick profiles; one process takes $(total "$work/deep-mining.cpu") s for deep-mining ($(sqlite3 "$work/deep-mining.sqlite" 'SELECT count(*) FROM unit') units, $(sqlite3 "$work/deep-mining.sqlite" 'SELECT count(*) FROM score') scans) and $(total "$work/autoencoder-scan.cpu") s for autoencoder-scan
($(sqlite3 "$work/autoencoder-scan.sqlite" 'SELECT count(*) FROM unit') units, $(sqlite3 "$work/autoencoder-scan.sqlite" 'SELECT count(*) FROM score') scans). "Start" is a worker that finds all its units done: the
program, the images, the network.

| experiment | workers | all workers, s | one, median, s | all, of one process | start, median, s | merge and table, s | shards, kB | artifacts, MB | table |
|---|--:|--:|--:|--:|--:|--:|--:|--:|---|
EOF
for n in 1 4 16; do parts deep-mining "$n"; done
parts autoencoder-scan 4

cat <<EOF

## Merging
Rows of scans in 16 stores, a hundred a unit, on a local disk; wall clock. "Copying" is one INSERT ... SELECT for each store,
nothing compared or checked.

| what | rows | seconds | seconds a million rows |
|---|--:|--:|--:|
EOF
"$bench" --benchmark_format=json 2>/dev/null >"$work/bench.json"
python3 - "$work/bench.json" <<'EOF'
import json, sys
names = {"merge_new": "merging new stores", "merge_again": "merging them again", "copy_rows": "copying"}
for one in json.load(open(sys.argv[1]))["benchmarks"]:
    name, _, rest = one["name"].partition("/")
    if name in names:
        rows = int(rest.split("/")[0]) * 100
        seconds = one["real_time"] / 1000
        print(f"| {names[name]} | {rows} | {seconds:.2f} | {seconds / rows * 1e6:.2f} |")
    else:
        print(f"\nWriting a unit of a hundred scans takes {one['real_time']:.2f} ms.")
EOF
cat <<'EOF'

The same million rows put into a server on this machine, from 16 CSV files, compared with what is there before:

| server | seconds a million rows |
|---|--:|
EOF
postgres
