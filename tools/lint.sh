#!/bin/bash
# lint.sh [fix]: formatting, the rooms' rules, syntax of scripts, clang-tidy. `fix` only formats.
# clang-tidy looks at the files that differ from OPENFC_LINT_BASE (else origin/main, else the last commit), or at all
# with OPENFC_LINT=all, or at none with OPENFC_LINT=quick.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh
mapfile -t sources < <(git ls-files -- 'src/*.cpp' 'src/*.h' 'tests/*.cpp' 'tests/*.h')
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

# Files of clang-tidy, one a line.
changed() {
  if [ "${OPENFC_LINT:-}" = all ]; then
    git ls-files -- 'src/*.cpp'
    return
  fi
  local base=${OPENFC_LINT_BASE:-}
  if [ -z "$base" ]; then
    base=$(git merge-base HEAD origin/main 2>/dev/null || true)
    if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then
      base=$(git rev-parse --verify -q HEAD~1 || git rev-parse HEAD)
    fi
  fi
  { git diff --name-only --diff-filter=d "$base" -- 'src/*.cpp'; git ls-files -o --exclude-standard -- 'src/*.cpp'; } |
    sort -u
}

# A file that passed before passes again while it, the headers and the rules are the same.
tidy_one() {
  local file=$1 stamp
  stamp=build/lint/$(cat "$file" - <<<"$rules" | sha256sum | cut -c1-32)
  [ ! -e "$stamp" ] || return 0
  clang-tidy-19 -p build/dev --quiet --warnings-as-errors='*' "$file" 2>/dev/null || return 1
  touch "$stamp"
}
export -f tidy_one

check_tidy() {
  local files
  mapfile -t files < <(changed)
  [ ${#files[@]} -gt 0 ] || { echo "clang-tidy: no file changed"; return 0; }
  [ -e build/dev/build.ninja ] || cmake --preset dev >/dev/null
  mkdir -p build/lint
  rules=$(git ls-files -- 'src/*.h' .clang-tidy | xargs cat | sha256sum)
  export rules
  echo "clang-tidy: ${#files[@]} files"
  printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -I '{}' bash -c 'tidy_one "$1"' tidy '{}'
}

step format check_format
step rooms tools/check_rooms.py
step python check_python
step javascript check_javascript
step shell check_shell
[ "${OPENFC_LINT:-}" = quick ] || step clang-tidy check_tidy
exit $failed
