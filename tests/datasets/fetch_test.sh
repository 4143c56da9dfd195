#!/usr/bin/env bash
# Tests datasets/fetch.sh against files on this machine: what it accepts, refuses and continues.
set -euo pipefail
fetch=$(cd "$(dirname "$0")/../.." && pwd)/datasets/fetch.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DEEPMINE_SOURCES=$work/sources.txt DEEPMINE_DEBIAN_DATASETS=$work/none
export DEEPMINE_SHARED=$work/none

broken() { echo "FAILED: $*" >&2; cat "$work/log" >&2; exit 1; }
run() { "$fetch" "$work/data" "$@" >"$work/log" 2>&1; }
expect() { grep -q -- "$1" "$work/log" || broken "expected to read \"$1\""; }
md5() { md5sum <"$1" | cut -d ' ' -f 1; }

mkdir -p "$work/site" "$work/tree/cifar-10-batches-bin"
echo digits | gzip -n >"$work/site/digits.gz"
for name in data_batch_{1..5} test_batch; do
  echo "$name" >"$work/tree/cifar-10-batches-bin/$name.bin"
done
tar -czf "$work/site/cifar.tar.gz" -C "$work/tree" cifar-10-batches-bin
list() {  # list MD5-OF-DIGITS
  echo "mnist digits.gz $1 file://$work/site/digits.gz" >"$DEEPMINE_SOURCES"
  echo "cifar-10 cifar.tar.gz $(md5 "$work/site/cifar.tar.gz") file://$work/site/cifar.tar.gz" \
    >>"$DEEPMINE_SOURCES"
}
target=$work/data/mnist/digits.gz

# A wrong checksum is refused with both named, and nothing stays.
wrong=00000000000000000000000000000000
list $wrong
if run mnist; then broken "a wrong checksum was accepted"; fi
expect "expected md5 $wrong, found $(md5 "$work/site/digits.gz")"
[[ ! -e $target && ! -e $target.part ]] || broken "a refused file was kept"

# The right one is kept, and not fetched twice.
list "$(md5 "$work/site/digits.gz")"
run mnist || broken "a good file was refused"
cmp -s "$target" "$work/site/digits.gz" || broken "the file differs"
[[ ! -e $target.part ]] || broken "the partial file stayed"
mv "$work/site/digits.gz" "$work/site/away.gz"
run mnist || broken "a file that is there was fetched again"

# A missing source says so; a partial file is continued.
rm "$target"
if run mnist; then broken "a missing source was no failure"; fi
expect "could not be fetched"
mv "$work/site/away.gz" "$work/site/digits.gz"
head -c 5 "$work/site/digits.gz" >"$target.part"
run mnist || broken "a partial file was not continued"
cmp -s "$target" "$work/site/digits.gz" || broken "the continued file differs"

# The batches are unpacked with their checksums; a damaged one is fetched again.
run cifar-10 || broken "the archive was refused"
batch=$work/data/cifar-10-batches-bin/data_batch_3.bin
[[ $(cat "$batch") == data_batch_3 ]] || broken "a batch is missing"
(cd "$(dirname "$batch")" && sha256sum --status -c SHA256SUMS) || broken "SHA256SUMS is wrong"
[[ ! -e $work/data/cifar.tar.gz && ! -e $work/data/cifar-10.part ]] || broken "leftovers"
echo damage >"$batch"
run cifar-10 || broken "a damaged batch was not mended"
[[ $(cat "$batch") == data_batch_3 ]] || broken "a damaged batch stayed"

# Images come out of their archive; plain files are checked by their md5.
mkdir -p "$work/tree/iSUN/iSUN_patches"
echo image >"$work/tree/iSUN/iSUN_patches/0.jpeg"
tar -czf "$work/site/iSUN.tar.gz" -C "$work/tree" iSUN
echo drawings >"$work/site/drawings.zip"
{
  echo "# a comment"
  echo "isun iSUN.tar.gz $(md5 "$work/site/iSUN.tar.gz") file://$work/site/iSUN.tar.gz"
  echo "omniglot drawings.zip $(md5 "$work/site/drawings.zip") file://$work/site/drawings.zip"
} >>"$DEEPMINE_SOURCES"
run isun omniglot || broken "the new sets were refused"
[[ $(cat "$work/data/iSUN/iSUN_patches/0.jpeg") == image ]] || broken "an image is missing"
[[ ! -e $work/data/iSUN.tar.gz && ! -e $work/data/iSUN.tar.gz.part ]] || broken "leftovers"
echo damage >"$work/data/omniglot/drawings.zip"
run omniglot || broken "a damaged archive was not fetched again"
cmp -s "$work/data/omniglot/drawings.zip" "$work/site/drawings.zip" || broken "a damaged archive stayed"

# What is published in another form is not fetched; it says what to do.
for set in svhn emnist-letters; do
  if run $set; then broken "$set was fetched"; fi
  expect "$set: https\\?://.*$work/data/$set/"
done

if run letters; then broken "an unknown set was no failure"; fi
expect 'unknown set "letters"; known: mnist, cifar-10, isun, omniglot, svhn, emnist-letters'
echo "fetch.sh: all as expected"
