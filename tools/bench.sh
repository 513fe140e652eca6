#!/bin/bash
# bench.sh [ARGUMENT…]: builds the release with the benchmarks and runs all of them side by side.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh "build test bench"
tools/build.sh bench all
exec python3 tests/bench/run.py build/bench "$@"
