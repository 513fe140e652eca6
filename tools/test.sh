#!/bin/bash
# test.sh [all]: builds and runs every suite, and closes with one line that counts all tests.
#   release: the end-to-end tests and the conformance suite; hooks: the attack tests, with and without each defence;
#   asan: unit tests, short fuzzing, generated requests; all: also unit and end-to-end tests with tsan, a
#   virtual machine with the unit and with some attack tests, and fuzzing and the end-to-end tests take longer.
# OPENFC_CI=1 shortens the load tests. OPENFC_MAX_SKIPPED=N fails the run when more is skipped.
# OPENFC_SUITES="unit:tsan e2e" runs only these; a name without a colon means all suites of that name.
set -euo pipefail
cd "$(dirname "$0")/.."

all=${1:-}
[ -z "$all" ] || [ "$all" = all ] || { echo "usage: test.sh [all]" >&2; exit 2; }
suites=${OPENFC_SUITES:-}
passed=0
failed=0
skipped=0
summary=""
reports=build/test-reports
mkdir -p "$reports"

# suite NAME COMMAND…: runs it and adds the counts of its last "N passed, N failed, N skipped".
suite() {
  local name=$1 status=0 counts begun=$SECONDS
  shift
  case " ${suites:-$name} " in *" $name "* | *" ${name%%:*} "*) ;; *) return ;; esac
  echo "=== $name"
  "$@" 2>&1 | tee "$reports/${name//:/-}.log" || status=$?
  counts=$(grep -oE '[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped' "$reports/${name//:/-}.log" | tail -n 1 || true)
  # A suite that ended badly without saying which test failed is one failure.
  if [ -z "$counts" ]; then
    counts="0 passed, 0 failed, 0 skipped"
    [ $status -eq 0 ] && counts="1 passed, 0 failed, 0 skipped"
  fi
  if [ $status -ne 0 ] && [[ $counts == *" 0 failed"* ]]; then counts=${counts/ 0 failed/ 1 failed}; fi
  local numbers
  read -ra numbers <<<"${counts//[^0-9 ]/}"
  passed=$((passed + numbers[0]))
  failed=$((failed + numbers[1]))
  skipped=$((skipped + numbers[2]))
  summary+=$(printf '%-14s %s (%d s)' "$name" "$counts" $((SECONDS - begun)))$'\n'
}

# run_ctest PRESET LABEL…: unit tests or fuzz targets of one build.
run_ctest() {
  local preset=$1 label=$2 status=0
  local out=$PWD/$reports/$preset-$label
  rm -rf "$out"
  mkdir -p "$out"
  GTEST_OUTPUT="xml:$out/" ctest --test-dir "build/$preset" -L "$label" -j "$(nproc)" --output-on-failure \
    --no-tests=error --output-junit "$out/ctest.xml" || status=$?
  tools/count_tests.py "$out/ctest.xml" "$out"
  return $status
}

unit() { tools/build.sh "$1" all && run_ctest "$1" unit; }
fuzz() {  # SECONDS for each target
  tools/build.sh asan all && cmake -DOPENFC_FUZZ_SECONDS="$1" build/asan >/dev/null && run_ctest asan fuzz
}
e2e() { tools/build.sh "$1" && tests/e2e/run.sh "build/$1"; }
conformance() { tools/build.sh release && python3 tests/conformance/run.py build/release; }
attack() { tools/build.sh hooks && python3 tests/attack/run.py build/hooks; }
vm() {  # PRESET SUITE…
  local preset=$1
  shift
  tools/setup.sh vm && tools/build.sh "$preset" && tests/vm/run.sh "build/$preset" "$@"
}
packaged() { tools/build.sh release && tools/setup.sh package && tests/package/run.sh build/release; }
requests() { tools/build.sh asan all && python3 tests/requestfuzz/run.py build/asan; }

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=0:symbolize=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-second_deadlock_stack=1 halt_on_error=1}
export ASAN_SYMBOLIZER_PATH=${ASAN_SYMBOLIZER_PATH:-/usr/bin/llvm-symbolizer-19}

tools/setup.sh
suite unit:asan unit asan
if [ "$all" = all ]; then
  suite unit:tsan unit tsan
  suite fuzz:long fuzz 120
  OPENFC_E2E_LONG=1 suite e2e:long e2e release
  OPENFC_CI=1 suite e2e:tsan e2e tsan
else
  suite fuzz fuzz 10
  suite e2e e2e release
fi
suite conformance conformance
suite attack attack
suite requests requests
if [ "$all" = all ]; then
  suite package packaged
  suite vm vm release
  # What other machines cannot show.
  suite vm:attack vm hooks attack:{af_alg,sysrq,kexec,init_module,iopl,raise_limits,descriptors,cpu_spin}
fi

[ -n "$summary" ] || { echo "test.sh: no suite is called $suites" >&2; exit 2; }
echo "=== all suites"
printf '%s' "$summary"
status=0
[ $failed -eq 0 ] || status=1
if [ -n "${OPENFC_MAX_SKIPPED:-}" ] && [ $skipped -gt "$OPENFC_MAX_SKIPPED" ]; then
  echo "more tests were skipped than the $OPENFC_MAX_SKIPPED that are expected"
  status=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
exit $status
