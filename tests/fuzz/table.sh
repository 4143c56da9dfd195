#!/usr/bin/env bash
# table.sh FOLDER README: puts what the logs of `make fuzz` in FOLDER say into the table of README.
set -euo pipefail
folder=$1 readme=$2
table=$(mktemp)
trap 'rm -f "$table"' EXIT
{
  echo "| target | seconds | executions | edges covered | of the program's | findings |"
  echo "|---|--:|--:|--:|--:|--:|"
  for log in "$folder"/*.log; do
    # A finding ends the run before "Done N runs in S second(s)".
    awk -v target="$(basename "$log" .log)" '
      /INFO: Loaded .* inline 8-bit counters/ {match($0, /\([0-9]+ inline/); edges = substr($0, RSTART + 1, RLENGTH - 8)}
      match($0, / cov: [0-9]+/) {covered = substr($0, RSTART + 6, RLENGTH - 6)}
      /^Done [0-9]+ runs in/ {runs = $2; seconds = $5}
      /SUMMARY:|^==[0-9]+== ERROR/ {++findings}
      END {if (runs == "") {runs = seconds = "–"; findings += findings == 0}
           printf "| `%s` | %s | %s | %s | %s | %d |\n", target, seconds, runs, covered, edges, findings}' "$log"
  done
} >"$table"
grep -q '^<!-- fuzz -->$' "$readme" || { echo "table.sh: expected a line <!-- fuzz --> in $readme" >&2; exit 2; }
awk -v table="$table" '
  /^<!-- fuzz -->$/ {print; while ((getline line < table) > 0) print line; skipping = 1; next}
  skipping && /^<!-- end -->$/ {skipping = 0}
  !skipping {print}' "$readme" >"$readme.new"
mv "$readme.new" "$readme"
