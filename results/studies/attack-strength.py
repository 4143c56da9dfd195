#!/usr/bin/env python3
"""Attacks the shipped CIFAR-10 ResNet20 with every attack on the first test images and prints attack-strength.md.

usage: results/studies/attack-strength.py > results/studies/attack-strength.md
from the repository root, after `make`, with CIFAR-10 in DEEPMINE_DATA; about half an hour on two cores
"""
import array
import json
import os
import struct
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("DEEPMINE_BINARY", "build/release/deepmine")
MODEL = "results/checkpoints/resnet20-cifar10-fast.npz"
IMAGE = 3 * 32 * 32

# Attack, how many images, what must hold: at most so many of the right ones left, or at least so many on target.
UNTARGETED = [("fgsm:epsilon=0.03", 1000, None), ("bim:epsilon=0.03,step=0.005,steps=20", 1000, None),
              ("pgd", 1000, None), ("bim-a", 1000, 0.01), ("bim-b", 1000, 0.01), ("deepfool", 1000, 0.01),
              ("fgsm-minimal:preset=relevant-neurons", 1000, None), ("jsma", 1000, None), ("cw", 100, 0.01),
              ("noise:size=0.05", 1000, None)]
TARGETED = [("bim-b", 1000, None), ("jsma", 1000, 0.95), ("jsma:form=logit", 100, None), ("jsma:preset=foolbox", 100, None),
            ("cw", 100, 0.99), ("deepfool", 1000, None)]
# Without gradients, away from the label; PGD to compare with.
BLACK_BOX_MODEL = "results/checkpoints/resnet20-cifar10-paper.npz"
BLACK_BOX = [("pgd", 200), ("square:queries=1000", 200), ("square:queries=5000", 200), ("hopskipjump:steps=5", 20),
             ("hopskipjump:steps=20", 20)]


def write_npy(path, kind, shape, values):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + values.tobytes())


def write_images(folder, count):
    path = os.path.join(os.environ["DEEPMINE_DATA"], "cifar-10-batches-bin", "test_batch.bin")
    with open(path, "rb") as file:
        records = file.read(count * (IMAGE + 1))
    pixels, labels = array.array("f"), array.array("q")
    for start in range(0, len(records), IMAGE + 1):
        labels.append(records[start])
        pixels.extend(byte / 255 for byte in records[start + 1:start + 1 + IMAGE])
    write_npy(f"{folder}/x{count}.npy", "<f4", (count, 3, 32, 32), pixels)
    write_npy(f"{folder}/y{count}.npy", "<i8", (count,), labels)


def attack(folder, spec, count, more=(), model=MODEL):
    words = [PROGRAM, "attack", spec, "--model", model, "--images", f"{folder}/x{count}.npy", "--labels",
             f"{folder}/y{count}.npy", "--out", f"{folder}/adv.npy", "--json", *more]
    return json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)


def verdict(holds):
    return "–" if holds is None else "yes" if holds else "NO"


def row(found, share, required, holds):
    distances = f"{found['mean_l0']:.0f} | {found['mean_l2']:.3f} | {found['mean_linf']:.4f}"
    print(f"| `{found['attack']}` | {found['inputs']} | {100 * share:.1f} % | {required} | {verdict(holds)} | {distances} | "
          f"{found['mean_gradients']:.1f} |", flush=True)


def black_box(folder):
    print(f"\n## Without gradients, away from the label\n\nOf `{BLACK_BOX_MODEL}`; PGD to compare with.\n")
    print("| attack | images | right ones left | L2 | L-infinity | gradients | queries |\n|---|--:|--:|--:|--:|--:|--:|")
    for spec, count in BLACK_BOX:
        right = 1 - attack(folder, "fgsm:epsilon=0", count, model=BLACK_BOX_MODEL)["success_rate"]
        found = attack(folder, spec, count, model=BLACK_BOX_MODEL)
        print(f"| `{found['attack']}` | {count} | {100 * (1 - found['success_rate']) / right:.1f} % | {found['mean_l2']:.3f} | "
              f"{found['mean_linf']:.4f} | {found['mean_gradients']:.1f} | {found['mean_queries']:.1f} |", flush=True)


def main():
    version = subprocess.run([PROGRAM, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        for count in (20, 100, 200, 1000):
            write_images(folder, count)
        # An attack that may change nothing tells how many images are right.
        right = {n: 1 - attack(folder, "fgsm:epsilon=0", n)["success_rate"] for n in (100, 1000)}
        print(f"# How strong the attacks are\n\n`{MODEL}`, first test images, distances and gradients averaged over all of "
              f"them ({version}).\nFrom `results/studies/attack-strength.py`.\n\n## Away from the label\n")
        print("| attack | images | right ones left | at most | holds | L0 | L2 | L-infinity | gradients |")
        print("|---|--:|--:|--:|--|--:|--:|--:|--:|")
        for spec, count, most in UNTARGETED:
            found = attack(folder, spec, count)
            left = (1 - found["success_rate"]) / right[count]
            row(found, left, "" if most is None else f"{100 * most:g} %", None if most is None else left <= most)
        print("\n## Towards a random wrong class\n")
        print("| attack | images | on target | at least | holds | L0 | L2 | L-infinity | gradients |")
        print("|---|--:|--:|--:|--|--:|--:|--:|--:|")
        for spec, count, least in TARGETED:
            found = attack(folder, spec, count, ("--target", "random"))
            rate = found["success_rate"]
            row(found, rate, "" if least is None else f"{100 * least:g} %", None if least is None else rate >= least)
        black_box(folder)


if __name__ == "__main__":
    sys.exit(main())
