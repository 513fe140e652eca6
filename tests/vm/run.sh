#!/bin/bash
# run.sh BUILD_DIR [SUITE…]: boots Debian 12 with its own kernel and systemd in a virtual machine, installs BUILD_DIR there,
# and runs guest.sh and the end-to-end suites named (default: a selection that needs no registry). SUITE may also be
# "attack" or "attack:NAME": the attack tests, all or one; BUILD_DIR is then the build "hooks", and attacks alone run
# when no other suite is named. Needs root, qemu-system-x86, mmdebstrap and the Debian mirror; OPENFC_VM_ACCELERATOR=kvm
# is fast where /dev/kvm works; without, it takes many minutes.
# Ends with "vm: N passed, N failed, N skipped".
set -euo pipefail

if [ $# -lt 1 ]; then
  echo "usage: run.sh BUILD_DIR [SUITE...]" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- test_invoke test_environment test_stateful test_hooks test_vpc test_server
work=$build/vm
bases=$root/build/vm
base=$bases/base.tar
mkdir -p "$work" "$bases"

# The libraries that the programs need, as packages, are those of the machine that built them.
libraries() {
  ldd "$build/bin/openfc" "$build/lib/openfc/openfc-sandbox" | awk '/=>/ {print $3}' | sort -u | xargs -n 1 realpath |
    sed 's#^/lib/#/usr/lib/#' | while read -r file; do dpkg -S "$file" 2>/dev/null || dpkg -S "${file#/usr}"; done |
    cut -d: -f1 | sort -u
}
packages="systemd systemd-sysv dbus udev kmod linux-image-amd64 python3 nodejs iproute2 nftables procps curl ca-certificates
  openssl $(libraries)"
if [ ! -s "$base" ] || [ "$(cat "$bases/packages")" != "$packages" ]; then
  # shellcheck disable=SC2086
  mmdebstrap --quiet --format=tar --variant=minbase --include="$(echo $packages | tr ' ' ',')" bookworm "$base.new"
  mv "$base.new" "$base"
  echo "$packages" >"$bases/packages"
fi

tree=$(mktemp -d "$work/tree.XXXXXX")
disk=$tree.img
trap 'rm -rf "$tree" "$disk"' EXIT
tar -C "$tree" -xf "$base" --exclude=./dev
mkdir -p "$tree/dev" "$tree/srv/openfc"
DESTDIR=$tree cmake --install "$build" --prefix /usr >/dev/null
cp -r "$root/examples" "$tree/srv/openfc/"
(cd "$root" && tar -c --exclude=node_modules tests) | tar -C "$tree/srv/openfc" -x
cat >"$tree/etc/systemd/system/vm-test.service" <<UNIT
[Unit]
After=multi-user.target
[Service]
Type=oneshot
Delegate=yes
ExecStart=/bin/bash -c '/srv/openfc/tests/vm/guest.sh $* >/dev/ttyS0 2>&1; systemctl poweroff --force --force'
[Install]
WantedBy=graphical.target
UNIT
mkdir -p "$tree/etc/systemd/system/graphical.target.wants"
ln -s ../vm-test.service "$tree/etc/systemd/system/graphical.target.wants/vm-test.service"
ln -s /dev/null "$tree/etc/systemd/system/serial-getty@.service"  # the console is the tests' own
mke2fs -q -t ext4 -d "$tree" "$disk" 4G
kernel=$(echo "$tree"/boot/vmlinuz-*)
initrd=$(echo "$tree"/boot/initrd.img-*)
accelerator=${OPENFC_VM_ACCELERATOR:-tcg}
log=$work/guest.log
timeout "${OPENFC_VM_SECONDS:-3000}" qemu-system-x86_64 -machine "q35,accel=$accelerator" -cpu max -smp 2 -m 3072 -nographic -no-reboot \
  -nic none -kernel "$kernel" -initrd "$initrd" \
  -append "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0 loglevel=3" \
  -drive "file=$disk,if=virtio,format=raw,cache=unsafe" </dev/null | tee "$log"
grep -q '^vm: [1-9][0-9]* passed, 0 failed' "$log"
