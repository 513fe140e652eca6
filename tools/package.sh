#!/bin/bash
# package.sh [BUILD_DIR]: the Debian package of a build (default: the release build, which is made first), in BUILD_DIR/package.
# Prints its path.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${1:-build/release}
[ $# -gt 0 ] || tools/build.sh release >&2
tools/setup.sh package
ninja -C "$build" package_files >&2
rm -f "$build"/package/openfc_*.deb
cpack --config "$build/package/CPackConfig.cmake" >"$build/package/cpack.log" 2>&1 ||
  { cat "$build/package/cpack.log" >&2; exit 1; }
ls "$PWD/$build"/package/openfc_*.deb
