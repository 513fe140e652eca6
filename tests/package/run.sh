#!/bin/bash
# run.sh BUILD_DIR: the Debian package of BUILD_DIR in a bare Debian 12 without compilers: it is installed with what it
# depends on, gives the first answer, is installed over itself and purged. Needs root, mmdebstrap and the Debian mirror.
# Ends with "package: N passed, N failed, N skipped".
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: run.sh BUILD_DIR" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
if [ "$(id -u)" -ne 0 ]; then
  echo "the package is tested as root"
  echo "package: 0 passed, 0 failed, 1 skipped"
  exit 0
fi

deb=$("$root/tools/package.sh" "${build#"$root/"}")
bases=$root/build/package
base=$bases/base.tar
mkdir -p "$bases"
# As small as apt can be, and what the package recommends: the interpreters of functions.
if [ ! -s "$base" ]; then
  mmdebstrap --quiet --format=tar --variant=apt --include=ca-certificates,python3 bookworm "$base.new"
  mv "$base.new" "$base"
fi

tree=$(mktemp -d "$bases/tree.XXXXXX")
chmod 755 "$tree"
trap 'rm -rf --one-file-system "$tree"' EXIT
tar -C "$tree" -xf "$base" --exclude=./dev
mkdir -p "$tree/dev" "$tree/srv"
cp "$deb" "$tree/srv/openfc.deb"
cp "$root/tests/package/inside.sh" "$tree/srv/"
cp /etc/resolv.conf "$tree/etc/resolv.conf"
# Services do not start in it, and its mounts, processes and network are its own.
printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
chmod 755 "$tree/usr/sbin/policy-rc.d"
# within UNSHARE_FLAG… -- COMMAND…: runs it in the tree, with mounts of its own.
within() {
  local flags=()
  while [ "$1" != -- ]; do flags+=("$1") && shift; done
  shift
  unshare --mount --propagation=private "${flags[@]}" bash -euc '
    tree=$1
    shift
    mount --bind "$tree" "$tree"
    mount -t proc proc "$tree/proc"
    mount --rbind /sys "$tree/sys"
    mount --rbind /dev "$tree/dev"
    ip link set lo up
    cd "$tree"
    pivot_root . mnt # the root of sandboxes is made of a real one, not of a chroot
    python3 -c "import ctypes; ctypes.CDLL(None).umount2(b\"/mnt\", 2)" # there is no umount(8)
    exec "$@"' _ "$tree" "$@"
}
within -- sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends /srv/openfc.deb' \
  >"$bases/install.log" 2>&1 || { cat "$bases/install.log"; exit 1; }
status=0
within --pid --fork --kill-child --net -- /srv/inside.sh | tee "$bases/inside.log" || status=$?
passed=$(grep -c '^ok ' "$bases/inside.log" || true)
failed=$(grep -c '^FAILED ' "$bases/inside.log" || true)
[ $status -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
echo "package: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
