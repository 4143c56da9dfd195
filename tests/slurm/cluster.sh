# Sourced: a Slurm of its own on this machine, over loopback, and gone at the end.
#   cluster_missing        prints why there can be none, or nothing
#   start_cluster FOLDER   FOLDER holds the cluster's files; sets SLURM_CONF
#   stop_cluster           for a trap

cluster_missing() {
  local command
  for command in munged slurmctld slurmd sbatch scontrol squeue; do
    command -v "$command" >/dev/null || { echo "$command is not installed (Debian: slurm-wlm, munge)"; return; }
  done
  ((EUID == 0)) || echo "its daemons are to run as root"
}

start_cluster() {
  local folder=$1 node port=$((10000 + $$ % 10000 * 2))  # another's on this machine has others
  node=$(hostname -s)
  mkdir -p "$folder"/{state,spool}
  chmod 755 "$folder"
  head -c 1024 /dev/urandom >"$folder/munge.key"
  chmod 400 "$folder/munge.key"
  munged --force --socket="$folder/munge.socket" --key-file="$folder/munge.key" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munged.log" --seed-file="$folder/munged.seed"
  cat >"$folder/slurm.conf" <<CONF
ClusterName=deepmine
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
NodeName=$node NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
  export SLURM_CONF=$folder/slurm.conf
  CLUSTER=$folder
  slurmctld -c
  slurmd -c
  local i
  for ((i = 0; i < 300; ++i)); do
    [[ $(sinfo --noheader --format=%t 2>/dev/null) == idle ]] && return 0
    sleep 0.1
  done
  echo "the cluster did not start" >&2
  tail -n 5 "$folder"/*.log >&2
  return 1
}

stop_cluster() {
  [[ -n ${CLUSTER:-} ]] || return 0
  scancel --full --signal=KILL --user=root 2>/dev/null || true
  local daemon pid
  for daemon in slurmd slurmctld munged; do
    pid=$(cat "$CLUSTER/$daemon.pid" 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || continue
    timeout 20 tail --pid="$pid" -f /dev/null || kill -KILL "$pid"
  done
}
