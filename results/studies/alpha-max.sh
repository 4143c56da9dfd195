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
cat <<'EOF'
# What alpha_max changes

The paper argues that lowering alpha_max, the largest significance level the scan may use, returns smaller and more
precise subsets. Measured here on its own protocol (network trained as the paper says, ten targets, 30 test sets each,
means over the targets; `results/studies/alpha-max.sh` makes all of it):

* **Precision hardly moves.** It is highest at 0.2, a hundredth above its value at 0.5, and falls at 0.05: the gain the paper
  argues for is there, and small.
* **Recall falls a little** towards small bounds.
* **Detection power rises, and much**: small shares that are lost at 0.5 are found at 0.1 and below. Clean sets have their
  own subsets at large levels, against which few anomalous inputs do not stand out; a bound takes these away.

The grid has 50 levels up to the bound, so it is ten times finer at 0.05 than at 0.5: part of the change may be its. All
five values were looked at on the images that are reported, so the best of them is no fair estimate of
its own power.

![Detection power, precision and recall against alpha_max](alpha-max.svg)

EOF
cat "$work/table.md"
