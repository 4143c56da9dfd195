#!/usr/bin/env bash
# install-packages.sh [PACKAGE...]: installs the Debian packages the project is built from, and those named, as far
# as they are missing. Quiet and quick where nothing is. On other systems it says what is needed and leaves the rest to CMake.
set -euo pipefail

packages=(
  g++ cmake ninja-build make pkg-config
  libtorch-dev libboost-program-options-dev libfmt-dev nlohmann-json3-dev libsqlite3-dev
  libzip-dev libssl-dev libeigen3-dev libhwy-dev libtbb-dev zlib1g-dev libjpeg-dev libpng-dev catch2 libbenchmark-dev
  dataset-fashion-mnist gnuplot-nox fonts-dejavu-core xz-utils ca-certificates curl
  "$@"
)

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "packages: this is no Debian; install the like of: ${packages[*]}" >&2
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $state == installed ]] || missing+=("$package")
done
((${#missing[@]} > 0)) || exit 0

as_root=(env DEBIAN_FRONTEND=noninteractive)
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "packages: missing, and there is no sudo; run as root: apt-get install ${missing[*]}" >&2
    exit 2
  fi
  as_root=(sudo "${as_root[@]}")
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
  "${as_root[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}" >"$log" 2>&1
}

echo "packages: installing ${missing[*]}" >&2
# The lists of a fresh machine are empty or stale; where they are good, fetching them is a waste.
if ! install; then
  echo "packages: fetching the lists of packages" >&2
  if ! { "${as_root[@]}" apt-get update -qq >"$log" 2>&1 && install; }; then
    tail -n 20 "$log" >&2
    echo "packages: apt-get could not install ${missing[*]}; install them yourself" >&2
    exit 2
  fi
fi
