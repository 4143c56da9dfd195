#!/usr/bin/env bash
# array_test.sh DEEPMINE: Table 1, profile quick, as a job array of eight on a real Slurm, some of whose workers are
# killed and requeued, gives the table that one process gives. Exit code 77: skipped, for the reason it prints.
set -euo pipefail
deepmine=$1
cd "$(dirname "$0")/../.."
. tests/slurm/cluster.sh

reason=$(cluster_missing)
[[ -d /usr/share/datasets/fashion-mnist ]] || reason="no Fashion-MNIST (Debian: dataset-fashion-mnist)"
if [[ -n $reason ]]; then echo "SKIPPED: $reason"; exit 77; fi

folder=$(mktemp -d)
trap 'stop_cluster; rm -rf "$folder"' EXIT
fail() { echo "FAILED: $*" >&2; tail -n 20 "$folder"/*.log >&2; exit 1; }
start_cluster "$folder/cluster"

# Every unit of the quick profile, on fewer images and test sets: what is measured is not what is tested here.
settings=(--profile quick --set background=2000 --set evaluation=300 --set size=100 --set replicates=10)
[[ -z ${DEEPMINE_LONG_TESTS:-} ]] || settings=(--profile quick)
plan=$folder/table1.plan
"$deepmine" plan deep-mining "${settings[@]}" --threads 1 --store "$folder/merged.sqlite" --out "$plan" --engine slurm --of 8 \
  >"$folder/submit.sh"

jobs_left() { squeue --noheader --array --format=%A | wc -l; }
# A requeued task waits two minutes, lest its node be in trouble; this one is not.
hurry() {
  squeue --noheader --array --states=PENDING --format=%i --name=deepmine | while read -r task; do
    scontrol update "jobid=$task" StartTime=now 2>/dev/null || true
  done
}
worker_of() { pgrep -f "^$deepmine work $plan --index $1 --of 8" || true; }
# What a command prints, called until it prints something; the array must not have ended before.
await() {
  local found
  while found=$("$@"); [[ -z $found ]]; do
    (($(jobs_left) > 0)) || fail "the array ended before $*"
    sleep 0.05
  done
  echo "$found"
}

bash "$folder/submit.sh" >"$folder/submitted"
grep -q '^array [0-9]*, merge [0-9]*' "$folder/submitted" || fail "$(cat "$folder/submitted")"
array=$(sed 's/array \([0-9]*\),.*/\1/' "$folder/submitted")

kill -KILL "$(await worker_of 0)"                       # the script requeues what a signal ended
kill -KILL "$(await worker_of 3)"
await worker_of 1 >/dev/null
scontrol requeue "${array}_1"                           # as preemption does
await worker_of 2 >/dev/null
until scancel --batch --signal=USR1 "${array}_2"; do    # as before the time limit; not while it is being started
  (($(jobs_left) > 0)) || fail "task 2 was not told"
  sleep 0.2
done
while (($(jobs_left) > 0)); do hurry; sleep 0.2; done

"$deepmine" run deep-mining "${settings[@]}" --threads 1 --quiet --store "$folder/one.sqlite" >"$folder/one.md"
"$deepmine" merge --plan "$plan" --quiet >"$folder/merged.md" || fail "merging"
cmp "$folder/one.md" "$folder/merged.md" || fail "the tables differ"
grep -qF "$(head -n 1 "$folder/one.md")" "$plan.merge.log" || fail "the job that merges"
for task in 0 1 2 3; do
  grep -q "^task $task on .*, start 2" "$plan.$task.log" || fail "task $task was not started again"
done
echo "equal tables from one process and from eight workers, four of them stopped: $(wc -l <"$folder/one.md") lines"
