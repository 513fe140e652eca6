#!/bin/bash
# build.sh PRESET [TARGET…]: configures (once) and builds build/PRESET; without targets what users run.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1
shift
[ $# -gt 0 ] || set -- openfc openfc-sandbox openfc-init openfc-zygote
tools/setup.sh
if [ ! -e "build/$preset/build.ninja" ]; then
  cmake --preset "$preset" >/dev/null
fi
quiet=()
[ -t 1 ] || quiet=(--quiet)
# "--quiet" still shows what fails.
ninja -C "build/$preset" -j "${OPENFC_JOBS:-$(nproc)}" "${quiet[@]}" "$@"
