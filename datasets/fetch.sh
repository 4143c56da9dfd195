#!/usr/bin/env bash
# fetch.sh [DIR [SET...]]: fetches cifar-10, mnist and fashion-mnist (or only the sets named) from
# their owners into DIR, where deepmine looks for them: $DEEPMINE_DATA, else ~/.cache/deepmine/data.
# Checks every file against its md5 in sources.txt, continues where it was interrupted, and does nothing
# for what is there already.
#   DIR/cifar-10-batches-bin/*.bin   DIR/mnist/*.gz   DIR/fashion-mnist/*.gz
#   cifar100: DIR/cifar-100-binary/*   omniglot: DIR/omniglot/*.zip   isun: DIR/iSUN/iSUN_patches/*
#   lsun-resize: DIR/LSUN_resize/*   tiny-imagenet-resize: DIR/Imagenet_resize/*
# svhn and emnist-letters are made from what their owners publish: asked for them, it says how.
# Of a folder $DEEPMINE_SHARED (else ../shared), data/unpack is asked first: it needs no network.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sources=${DEEPMINE_SOURCES:-$here/sources.txt}
debian=${DEEPMINE_DEBIAN_DATASETS:-/usr/share/datasets}
shared=${DEEPMINE_SHARED:-$here/../../shared}
dir=${1:-${DEEPMINE_DATA:-${XDG_CACHE_HOME:-$HOME/.cache}/deepmine/data}}
shift || true
sets=("$@")
((${#sets[@]} > 0)) || sets=(cifar-10 mnist fashion-mnist)

say() { echo "fetch: $*" >&2; }
stop() { say "$@"; exit 2; }
md5_of() { md5sum <"$1" | cut -d ' ' -f 1; }

# download FILE MD5 ADDRESS: FILE appears whole and checked, or not at all.
download() {
  local file=$1 md5=$2 address=$3 part=$1.part found
  [[ -f $file && $(md5_of "$file") == "$md5" ]] && return
  command -v curl >/dev/null || stop "curl is missing (Debian: apt-get install curl)"
  mkdir -p "$(dirname "$file")"
  if [[ ! -f $part || $(md5_of "$part") != "$md5" ]]; then
    say "$address -> $file"
    curl -fsSL --retry 3 --connect-timeout 30 -C - -o "$part" "$address" ||
      stop "$address could not be fetched; is there a network? Run this again to continue"
  fi
  found=$(md5_of "$part")
  if [[ $found != "$md5" ]]; then
    rm -f "$part"
    stop "$address: expected md5 $md5, found $found; nothing was kept, run this again"
  fi
  mv "$part" "$file"
}

# Six batches, as listed beside them, or at least each of its official size.
has_cifar() {
  local folder=$dir/cifar-10-batches-bin file
  for file in data_batch_{1..5}.bin test_batch.bin; do
    [[ -f $folder/$file ]] || return 1
    [[ -f $folder/SHA256SUMS || $(stat -Lc %s "$folder/$file") == 30730000 ]] || return 1
  done
  [[ ! -f $folder/SHA256SUMS ]] || (cd "$folder" && sha256sum --status -c SHA256SUMS 2>/dev/null)
}

# unpack_cifar ARCHIVE: its batches and their SHA256SUMS, which the loader checks from now on.
unpack_cifar() {
  local archive=$1 folder=$dir/cifar-10-batches-bin part=$dir/cifar-10.part
  say "unpacking $archive"
  rm -rf "$part" && mkdir -p "$part" "$folder"
  tar -xzf "$archive" -C "$part"
  (cd "$part/cifar-10-batches-bin" && sha256sum ./*.bin | sed 's|\./||' >SHA256SUMS)
  mv -f "$part"/cifar-10-batches-bin/* "$folder/"
  rm -rf "$part" "$archive"
}

# unpack ARCHIVE: its folders, beside what is there.
unpack() {
  local archive=$1 part=$1.part
  say "unpacking $archive"
  rm -rf "$part" && mkdir -p "$part"
  tar -xzf "$archive" -C "$part"
  cp -r "$part"/. "$dir/"
  rm -rf "$part" "$archive"
}

# has_files FOLDER SET: whether all files of the set lie there, intact as far as gzip or their md5 can tell.
has_files() {
  local folder=$1 file md5
  while read -r file md5 _; do
    if [[ $file == *.gz ]]; then
      gzip -t "$folder/$file" 2>/dev/null || return 1
    else
      [[ -f $folder/$file && $(md5_of "$folder/$file") == "$md5" ]] || return 1
    fi
  done < <(rows "$2")
}

# has_size FILE BYTES
has_size() { [[ -f $1 && $(stat -Lc %s "$1") == "$2" ]]; }

# has_images FOLDER COUNT
has_images() { [[ -d $1 && $(find -L "$1" -iname '*.jp*g' ! -name '.*' | wc -l) == "$2" ]]; }

rows() { awk -v set="$1" '$1 == set { print $2, $3, $4 }' "$sources"; }

fetch_set() {
  local set=$1 file md5 address
  while read -r file md5 address; do
    if [[ $set == cifar-10 ]]; then
      download "$dir/$file" "$md5" "$address"
      unpack_cifar "$dir/$file"
    elif [[ $file == *.tar.gz ]]; then
      download "$dir/$file" "$md5" "$address"
      unpack "$dir/$file"
    else
      download "$dir/$set/$file" "$md5" "$address"
    fi
  done < <(rows "$set")
}

has_set() {
  case $1 in
    cifar-10) has_cifar ;;
    cifar100)
      has_size "$dir/cifar-100/test_fine.bin" 30730000 ||
        { has_size "$dir/cifar-100-binary/train.bin" 153700000 && has_size "$dir/cifar-100-binary/test.bin" 30740000; } ;;
    isun) has_images "$dir/iSUN" 8925 ;;
    lsun-resize) has_images "$dir/LSUN_resize" 10000 ;;
    tiny-imagenet-resize) has_images "$dir/Imagenet_resize" 10000 ;;
    svhn) has_size "$dir/svhn/test_first_10000.bin" 30730000 ;;
    emnist-letters)
      gzip -t "$dir/emnist-letters/letters-50k-images-idx3-ubyte.gz" \
        "$dir/emnist-letters/letters-50k-labels-idx1-ubyte.gz" 2>/dev/null ;;
    *) has_files "$dir/$1" "$1" ;;
  esac
}

# by_hand SET: how a set is made whose owner publishes it in another form; nothing for the others.
by_hand() {
  case $1 in
    svhn)
      echo "http://ufldl.stanford.edu/housenumbers/test_32x32.mat is MATLAB's form; write its first 10,000 images to" \
        "$dir/svhn/test_first_10000.bin, each as one byte of label (0 to 9; 10 is 0) and the 1024 bytes of R, G and B" ;;
    emnist-letters)
      echo "https://www.nist.gov/itl/products-and-services/emnist-dataset has 124,800 training letters, transposed; write" \
        "50,000 of them, upright, to $dir/emnist-letters/letters-50k-{images-idx3,labels-idx1}-ubyte.gz" ;;
  esac
}

known() { { awk '!/^#/ { print $1 }' "$sources"; echo svhn; echo emnist-letters; } | uniq | paste -sd , | sed 's/,/, /g'; }

for set in "${sets[@]}"; do
  [[ -n $(rows "$set")$(by_hand "$set") ]] || stop "unknown set \"$set\"; known: $(known)"
  if has_set "$set"; then
    say "$set: is in $dir"
  elif [[ -n $(rows "$set") ]] && has_files "$debian/$set" "$set"; then
    say "$set: is in $debian/$set, where deepmine looks too"
  elif [[ -x $shared/data/unpack && $set != fashion-mnist ]]; then
    say "$set: unpacking from $shared/data"
    "$shared/data/unpack" "$dir" >/dev/null
  elif [[ -n $(by_hand "$set") ]]; then
    stop "$set: $(by_hand "$set")"
  else
    fetch_set "$set"
    say "$set: is in $dir"
  fi
done
