#!/usr/bin/env bash
# Makes of this folder what is of uniform-svdd: the store without scores, and its tables. The LeNets are those of results/checkpoints;
# with the weights of akamaster/pytorch_resnet_cifar10 as .npz also the rows of ResNet44. Goes on where it was stopped.
# usage: results/reference/make-uniform-svdd.sh [RESNET44.npz]   from the repository root, after `make`; hours on two cores
set -euo pipefail

program=${DEEPMINE_BINARY:-build/release/deepmine}
folder=results/reference
store=${DEEPMINE_STORE:-results/uniform-svdd.sqlite}

measure() { "$program" run uniform-svdd --store "$store" --quiet "$@" >/dev/null; }

for weights in results/checkpoints/lenet-mnist-[0-9].npz results/checkpoints/lenet-mnist-[0-9]-oe.npz; do
  measure --profile small --set "model=$weights"
done
# What the study compares, on the first LeNet.
measure --profile small --set "detector=one-class:layers=relu1+logits;one-class:classes=true,layers=conv1+logits;one-class:layers=conv1+logits,standardise=false;one-class:classes=all,layers=conv1;one-class:classes=all,nu=0.001,layers=relu1;lid:layers=input+relu1+pool1+relu2+pool2+relu3+relu4+logits,variant=clean"
measure --profile small --set pairs-block=8000 --set learn=8000 --set "detector=kd-bu:bandwidth=3.7926,layer=relu4;lid:layers=input+relu1+pool1+relu2+pool2+relu3+relu4+logits"
measure --profile mdl
if (($# > 0)); then
  network="resnet:depth=44,shortcut=pad,weights=$1"
  measure --profile paper --set "model=$network"
  measure --profile paper --set "model=$network" --set "detector=one-class:layers=stack2.block7.out+logits"
  layers=$(printf 'one-class:classes=all,layers=%s;' stem.relu stack1.block1.relu1 stack1.block3.relu1 stack1.block7.out stack2.block7.out pool)
  for ood in tiny-imagenet-resize cifar100+gaussian:seed=2,sd=0.25; do
    measure --profile mdl --set dataset=cifar10 --set fit=5000 --set skip=7000 --set "model=$network" --set "ood=$ood" --set "detector=${layers%;}"
  done
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sqlite3 "$store" "VACUUM INTO '$work/uniform-svdd.sqlite'"
# Scores take 25 MB a model; tables, figures of the weight of the logits and checks need what was concluded from them alone. Where this
# machine keeps the tree and the weights is nobody's business; a command is no part of a run's identity.
sqlite3 "$work/uniform-svdd.sqlite" "DELETE FROM score; DELETE FROM input;
  UPDATE run SET command = replace(replace(command, 'cd $PWD && ', ''), '${1:-none}', '$(basename "${1:-none}")');
  PRAGMA journal_mode = DELETE; VACUUM;" >/dev/null
cp "$work/uniform-svdd.sqlite" "$folder"
echo "make texts writes the tables beside it, of README.md and of the study" >&2
