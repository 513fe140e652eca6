#!/bin/bash
# lint.sh [fix]: formatting, the rooms' rules, syntax of scripts, clang-tidy. `fix` only formats.
# clang-tidy looks at the files that it has not passed before, what changed last first, for OPENFC_LINT_MINUTES
# (default 8); with OPENFC_LINT=all for as long as it takes, with OPENFC_LINT=quick not at all.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh "build lint"
mapfile -t sources < <(git ls-files -- 'src/*.cpp' 'src/*.h' 'tests/*.cpp' 'tests/*.h' 'tools/*.cpp')
mapfile -t python < <(git ls-files -- '*.py')
mapfile -t javascript < <(git ls-files -- '*.js' '*.mjs' '*.cjs')
mapfile -t shell < <(git ls-files -- '*.sh' '.ci/run')

if [ "${1:-}" = fix ]; then
  clang-format-19 -i "${sources[@]}"
  exit
fi

failed=0
step() {
  local name=$1
  shift
  if "$@"; then
    echo "lint: $name: ok"
  else
    echo "lint: $name: FAILED" >&2
    failed=1
  fi
}

check_format() { clang-format-19 --dry-run --Werror "${sources[@]}"; }

check_python() {
  python3 - "${python[@]}" <<'PYTHON'
import ast, sys
bad = 0
for name in sys.argv[1:]:
    try:
        ast.parse(open(name, encoding="utf-8").read(), name)
    except SyntaxError as error:
        # Functions that are wrong on purpose say so in their name.
        if "syntax" not in name.rsplit("/", 1)[-1]:
            print(f"{name}:{error.lineno}: {error.msg}")
            bad = 1
sys.exit(bad)
PYTHON
}

check_javascript() {
  local name status=0
  for name in "${javascript[@]}"; do
    case ${name##*/} in *syntax*) continue ;; esac
    node --check "$name" || status=1
  done
  return $status
}

check_shell() {
  local name status=0
  for name in "${shell[@]}"; do
    bash -n "$name" || status=1
  done
  return $status
}

check_tidy() {
  [ -e build/dev/build.ninja ] || cmake --preset dev >/dev/null
  if [ "${OPENFC_LINT:-}" = all ]; then tools/tidy.py; else tools/tidy.py --minutes "${OPENFC_LINT_MINUTES:-8}"; fi
}

step format check_format
step rooms tools/check_rooms.py
step python check_python
step javascript check_javascript
step shell check_shell
[ "${OPENFC_LINT:-}" = quick ] || step clang-tidy check_tidy
exit $failed
