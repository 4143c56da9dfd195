#!/usr/bin/env bash
# Measures Table 1 with five bounds of alpha, 30 test sets each, and prints alpha-max.md: whether a lower bound raises
# precision, as the paper argues. The store and the figure are left beside this script.
# usage: results/studies/alpha-max.sh   from the repository root, after `make`; some minutes on two cores
set -euo pipefail

program=${DEEPMINE_BINARY:-build/release/deepmine}
folder=results/studies
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$program" run deep-mining --profile paper --store "$work/alpha-max.sqlite" --artifacts results/artifacts \
  --set replicates=30 --set all-targets=false --sweep alpha-max=0.05,0.1,0.2,0.3,0.5 >"$work/table.md"
cp "$work"/figures/sweep-*/sweep.svg "$folder/alpha-max.svg"
sqlite3 "$work/alpha-max.sqlite" "PRAGMA journal_mode = DELETE; VACUUM;" >/dev/null
cp "$work/alpha-max.sqlite" "$folder"
cat "$work/table.md"
