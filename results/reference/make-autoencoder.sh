#!/usr/bin/env bash
# Makes autoencoder-scan.sqlite and its tables and figures in this folder, from the shipped networks.
# MNIST is attacked with 100 steps and CIFAR-10 with 20 instead of the paper's 1000.
# usage: results/reference/make-autoencoder.sh   from the repository root, after `make`; 40 minutes on two cores
set -euo pipefail

program=build/release/deepmine
folder=results/reference
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
store=$work/autoencoder-scan.sqlite
artifacts=results/artifacts  # adversarial images made before are used again
bim=fgsm:epsilon=0.01+bim:epsilon=0.01,step=0.002

measure() {  # dataset, then what differs
  "$program" run autoencoder-scan --profile paper --store "$store" --artifacts "$artifacts" \
    --set "dataset=$1" "${@:2}" >"$work/autoencoder-$1.md"
}

measure fashion-mnist
rm -rf "$folder/figures"
cp -r "$work"/figures/* "$folder/figures"
rm "$folder"/figures/*.png "$folder/figures/reconstruction-error.svg"  # 2 MB of pixels
measure mnist --set "attacks=$bim,steps=100"
measure cifar10 --set "attacks=$bim,steps=20"
sqlite3 "$store" "PRAGMA journal_mode = DELETE; VACUUM;" >/dev/null
cp "$store" "$work"/autoencoder-*.md "$folder"
