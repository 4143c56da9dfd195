#!/usr/bin/env bash
# run-tests.sh PRESET: runs all tests of a preset and ends with the line
# "N passed, N failed, N skipped". Fails when a test failed or none ran.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
report=$PWD/build/$preset/tests.xml
rm -f "$report"

status=0
export OMP_WAIT_POLICY=passive  # idle threads must not spin where tests share the cores
ctest --preset "$preset" --timeout 900 --output-junit "$report" || status=$?
[[ -f $report ]] || { echo "run-tests: ctest wrote no report; is build/$preset built?" >&2; exit 1; }

# Each <testcase> has a status; one that did not run is skipped only where it said so itself (or was
# disabled), else its program is missing, which is a failure.
count=$(awk '
  /<testcase / {
    failed += waiting; waiting = 0
    match($0, /status="[a-z]+"/)
    state = substr($0, RSTART + 8, RLENGTH - 9)
    if (state == "run") passed++
    else if (state == "disabled") skipped++
    else if (state == "notrun") waiting = 1
    else failed++
  }
  waiting && /<skipped / { if (/message="SKIP_/) skipped++; else failed++; waiting = 0 }
  END { failed += waiting; printf "%d passed, %d failed, %d skipped", passed, failed, skipped }
' "$report")

[[ $count != "0 passed, 0 failed,"* ]] || { echo "run-tests: no test ran" >&2; status=1; }
[[ $count == *" 0 failed,"* || $status -ne 0 ]] || status=1
echo "$count"
exit "$status"
