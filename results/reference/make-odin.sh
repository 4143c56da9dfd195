#!/usr/bin/env bash
# Makes of this folder what is of odin: the store and its table, from the published network's weights as .npz.
# usage: results/reference/make-odin.sh WEIGHTS.npz   from the repository root, after `make`; most of an hour on two cores
set -euo pipefail

program=build/release/deepmine
folder=results/reference
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A DenseNet's tensors are so large that glibc would give each back to the system, which has to clear it for the next one.
export MALLOC_MMAP_MAX_=0
"$program" run odin --profile paper --store "$work/odin.sqlite" --set "model=densenet:depth=100,growth=12,weights=$1" >"$work/odin.md"
# Where this machine keeps the tree and the weights is nobody's business; a command is no part of a run's identity.
sqlite3 "$work/odin.sqlite" "UPDATE run SET command = replace(replace(command, 'cd $PWD && ', ''), '$1', '$(basename "$1")');
  PRAGMA journal_mode = DELETE; VACUUM;" >/dev/null
cp "$work/odin.sqlite" "$work/odin.md" "$folder"
