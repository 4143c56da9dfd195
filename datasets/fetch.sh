#!/usr/bin/env bash
# fetch.sh [DIR [SET...]]: fetches cifar-10, mnist and fashion-mnist (or only the sets named) from
# their owners into DIR, where deepmine looks for them: $DEEPMINE_DATA, else ~/.cache/deepmine/data.
# Checks every file against its official md5, continues where it was interrupted, and does nothing
# for what is there already.
#   DIR/cifar-10-batches-bin/*.bin   DIR/mnist/*.gz   DIR/fashion-mnist/*.gz
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

# has_files FOLDER SET: whether all files of the set lie there, intact as far as gzip can tell.
has_files() {
  local folder=$1 file
  while read -r file _; do
    gzip -t "$folder/$file" 2>/dev/null || return 1
  done < <(rows "$2")
}

rows() { awk -v set="$1" '$1 == set { print $2, $3, $4 }' "$sources"; }

fetch_set() {
  local set=$1 file md5 address
  while read -r file md5 address; do
    if [[ $file == *.tar.gz ]]; then
      download "$dir/$file" "$md5" "$address"
      unpack_cifar "$dir/$file"
    else
      download "$dir/$set/$file" "$md5" "$address"
    fi
  done < <(rows "$set")
}

has_set() {
  if [[ $1 == cifar-10 ]]; then has_cifar; else has_files "$dir/$1" "$1"; fi
}

for set in "${sets[@]}"; do
  [[ -n $(rows "$set") ]] || stop "unknown set \"$set\"; known: cifar-10, mnist, fashion-mnist"
  if has_set "$set"; then
    say "$set: is in $dir"
  elif has_files "$debian/$set" "$set"; then
    say "$set: is in $debian/$set, where deepmine looks too"
  elif [[ -x $shared/data/unpack && $set != fashion-mnist ]]; then
    say "$set: unpacking from $shared/data"
    "$shared/data/unpack" "$dir" >/dev/null
  else
    fetch_set "$set"
    say "$set: is in $dir"
  fi
done
