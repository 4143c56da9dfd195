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
settings=(--profile quick --set background=2000 --set detector=subset-scan --set evaluation=300 --set size=100 --set replicates=10)
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
# Whether process $1 has SIGUSR1 in the set $2 of its status.
has_usr1() { ((0x$(awk -v set="$2:" '$1 == set {print $2}' "/proc/$1/status" 2>/dev/null || echo 0) & 0x200)); }
# Stops task $1's worker as soon as it heeds signals, so that it cannot end before what is to befall it, and says its number.
hold() {
  local worker
  while worker=$(worker_of "$1"); [[ -z $worker ]] || ! has_usr1 "$worker" SigCgt; do
    [[ -n $(squeue --noheader --job="${array}_$1" 2>/dev/null) ]] || fail "task $1 ended before it was seen"
    sleep 0.05
  done
  kill -STOP $worker
  echo "$worker"
}

bash "$folder/submit.sh" >"$folder/submitted"
grep -q '^array [0-9]*, merge [0-9]*' "$folder/submitted" || fail "$(cat "$folder/submitted")"
array=$(sed 's/array \([0-9]*\),.*/\1/' "$folder/submitted")

killed=$(hold 0)
requeued=$(hold 1)
told=$(hold 2)
lost=$(hold 3)
kill -KILL "$killed" "$lost"  # the script requeues what a signal ended
# As preemption does, and as Slurm does before the time limit; it refuses both while it still starts the task.
until scontrol requeue "${array}_1"; do sleep 0.2; done
until scancel --batch --signal=USR1 "${array}_2"; do sleep 0.2; done
until has_usr1 "$told" ShdPnd; do sleep 0.05; done
kill -CONT "$told" "$requeued" 2>/dev/null || true
while (($(jobs_left) > 0)); do hurry; sleep 0.2; done

"$deepmine" run deep-mining "${settings[@]}" --threads 1 --quiet --store "$folder/one.sqlite" >"$folder/one.md"
"$deepmine" merge --plan "$plan" --quiet >"$folder/merged.md" || fail "merging"
cmp "$folder/one.md" "$folder/merged.md" || fail "the tables differ"
grep -qF "$(head -n 1 "$folder/one.md")" "$plan.merge.log" || fail "the job that merges"
for task in 0 1 2 3; do
  grep -q "^task $task on .*, start 2" "$plan.$task.log" || fail "task $task was not started again"
done
grep -q "interrupted; run the same command again" "$plan.2.log" || fail "task 2 did not stop by itself"
echo "equal tables from one process and from eight workers, four of them stopped: $(wc -l <"$folder/one.md") lines"
