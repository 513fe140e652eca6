#!/bin/sh
# run.sh BUILD_DIR [SUITE…]: the end-to-end tests against BUILD_DIR/bin/openfc. Ends with
# "e2e: N passed, N failed, N skipped" and status 0 only if nothing failed. The SDKs are installed below BUILD_DIR
# from pinned versions. OPENFC_CI=1 shortens the load tests, OPENFC_E2E_LONG=1 adds the slow ones.
set -eu

if [ $# -lt 1 ]; then
  echo "usage: run.sh BUILD_DIR [SUITE...]" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
shift
tools="$build/e2e"
mkdir -p "$tools"

if ! cmp -s "$here/requirements.txt" "$tools/requirements.txt"; then
  rm -rf "$tools/venv"
  python3 -m venv "$tools/venv"
  "$tools/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
  cp "$here/requirements.txt" "$tools/requirements.txt"
fi
if ! cmp -s "$here/package-lock.json" "$tools/installed-lock.json"; then
  cp "$here/package.json" "$here/package-lock.json" "$tools/"
  (cd "$tools" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  cp "$here/package-lock.json" "$tools/installed-lock.json"
fi

export OPENFC_BUILD="$build" OPENFC_E2E_TOOLS="$tools" PYTHONDONTWRITEBYTECODE=1
exec "$tools/venv/bin/python" "$here/run_suites.py" "$@"
