#!/usr/bin/env bash
# Measures the variants of Table 1 that table1-factors.md compares, some minutes each on two cores, and
# prints the comparison. What is in the store already is not measured again.
# usage: results/studies/table1-factors.sh [STORE]   from the repository root, after `make`
set -euo pipefail

store=${1:-results/table1-factors.sqlite}
program=${DEEPMINE_BINARY:-build/release/deepmine}
checkpoints=results/checkpoints

variant() {  # network, then what differs
  "$program" run deep-mining --profile paper --store "$store" --set replicates=30 \
    --set "model=$checkpoints/$1" "${@:2}" >/dev/null
}

for network in resnet20-cifar10-paper.npz resnet20-cifar10-fast.npz; do
  variant "$network"
  variant "$network" --set layer=bn
  variant "$network" --set layer=block-out
  variant "$network" --set layer=conv+block-out
  variant "$network" --set detector=subset-scan:tails=both
  variant "$network" --set detector=subset-scan:conditional=true
  variant "$network" --set detector=subset-scan:one-class=true
  variant "$network" --set detector=subset-scan:group=channel
  variant "$network" --set detector=subset-scan:start=authors
  variant "$network" --set detector=subset-scan:start=all-nodes
  variant "$network" --set detector=subset-scan:start=all-inputs
  variant "$network" --set attack=bim:clip=none,epsilon=0.02,step=0.002,steps=10
done
variant resnet20-cifar10-short.npz

sqlite3 -markdown "$store" <"$(dirname "$0")/table1-factors.sql"
