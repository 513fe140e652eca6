#!/bin/bash
# setup.sh [GROUP…]: installs the Debian 12 packages that are missing for `build`, `test` (default: both), `lint`,
# `bench`, `vm` and `package`.
# Needs root or sudo only when something is missing.
set -euo pipefail

build="clang-19 libclang-rt-19-dev libc6-dev libstdc++-12-dev cmake ninja-build make pkg-config ccache mold git
  ca-certificates libboost1.81-dev libssl-dev libsqlite3-dev libseccomp-dev libarchive-dev libcurl4-openssl-dev
  libfmt-dev libyaml-cpp-dev zlib1g-dev libjemalloc-dev libgtest-dev libnl-3-dev libnl-route-3-dev
  libnftables-dev nftables iproute2 curl python3 tzdata"
test="llvm-19 python3-venv util-linux procps"
lint="clang-tidy-19 clang-format-19 libclang-19-dev llvm-19-dev"
bench="libbenchmark-dev wrk nginx-light"
vm="qemu-system-x86 mmdebstrap e2fsprogs"
package="dpkg-dev file mmdebstrap"

# Interpreters may come from elsewhere than Debian: what counts is the program.
build_programs="node:nodejs"
test_programs="node:nodejs npm:npm go:golang-go"
lint_programs=""
bench_programs="npm:npm"
vm_programs=""
package_programs=""

packages=""
programs=""
for group in "${@:-build test}"; do
  for name in $group; do
    list=$name
    packages+=" ${!list}"
    list=${name}_programs
    programs+=" ${!list}"
  done
done

missing=""
installed=$(awk '/^Package: / {name = $2} /^Status: install ok installed/ {print name}' /var/lib/dpkg/status)
for package in $packages; do
  [[ $'\n'$installed$'\n' == *$'\n'$package$'\n'* ]] || missing+=" $package"
done
for pair in $programs; do
  command -v "${pair%%:*}" >/dev/null || missing+=" ${pair##*:}"
done
[ -n "$missing" ] || exit 0

missing=$(tr ' ' '\n' <<<"$missing" | sort -u | tr '\n' ' ')
echo "setup: installing $missing" >&2
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup: run as root, or install sudo: apt-get install $missing" >&2; exit 1; }
  as_root=(sudo)
fi
# Services of the benchmarks' packages are not to be started.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
"${as_root[@]}" apt-get update -qq
# shellcheck disable=SC2086
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
