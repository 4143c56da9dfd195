#!/usr/bin/env bash
# Makes of this folder what is of deep-mining: the store, its tables and figures, from the shipped networks.
# usage: results/reference/make.sh   from the repository root, after `make`; half an hour on two cores
set -euo pipefail

program=build/release/deepmine
folder=results/reference
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
store=$work/deep-mining.sqlite

first_run() {  # of a recipe, which its figures are named after
  sqlite3 "$store" "SELECT r.uid FROM run AS r JOIN run_input AS i ON i.run = r.uid JOIN model AS m USING (sha256)
                    WHERE m.recipe LIKE '$1:%' AND m.dataset = 'cifar10' ORDER BY r.started LIMIT 1"
}
last_run() { sqlite3 "$store" "SELECT uid FROM run ORDER BY started DESC LIMIT 1"; }

artifacts=results/artifacts  # adversarial images made before are used again

"$program" run deep-mining --profile quick --store "$store" --artifacts "$artifacts" >"$work/quick.md"
for recipe in fast paper; do
  resamples=$([[ $recipe = paper ]] && echo 12 || echo 0)  # for intervals over images; five minutes
  "$program" run deep-mining --profile paper --store "$store" --artifacts "$artifacts" \
    --set "model=results/checkpoints/resnet20-cifar10-$recipe.npz" --set "image-resamples=$resamples" >"$work/table1-$recipe.md"
  "$program" table deep-mining --store "$store" --run "$(last_run)" --format csv >"$work/table1-$recipe.csv"
  cp "$work/figures/$(first_run "$recipe")"/{power,scores}.svg "$work"
done
sqlite3 "$store" "PRAGMA journal_mode = DELETE; VACUUM;" >/dev/null
cp "$store" "$work"/table1-*.md "$work"/table1-*.csv "$folder"
cp "$work"/{power,scores}.svg "$folder/figures"  # of the last recipe
