#!/bin/bash
# Runs inside the virtual machine, as a systemd service: what another kernel, pure version 2 of control groups and a
# real systemd do to openfc. Each line is a test; the last counts them. Arguments: end-to-end suites, "attack" (all
# attack tests), "attack:NAME". When attacks alone are named, they alone run.
set -uo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
passed=0
failed=0

check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "ok     $name"
    passed=$((passed + 1))
  else
    echo "FAILED $name: $*"
    echo "$output" | tail -n 40 | sed 's/^/       /'
    failed=$((failed + 1))
  fi
}

within() {  # SECONDS COMMAND…: until it succeeds
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.2
  done
}

unit_group=/sys/fs/cgroup/system.slice/openfc.service
pure_v2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] && ! awk '$3 == "cgroup"' /proc/mounts | grep -q .; }
sandboxes_below_unit() { [ "$(find $unit_group -name cgroup.kill -path '*/s[0-9]*' | wc -l)" -ge 3 ]; }
sandbox_limits() {
  local group
  for group in $(find $unit_group -type d -name 's[0-9]*'); do
    [ "$(cat "$group/memory.max")" != max ] && [ "$(cat "$group/pids.max")" != max ] || return 1
  done
  [ -n "${group:-}" ]
}
nothing_lacks() { ! journalctl -u openfc --no-pager -o cat | grep "this machine lacks"; }
deploy_and_invoke() {  # NAME EVENT WANTED
  openfc deploy "/srv/openfc/examples/$1" && [[ $(openfc invoke "$1" --event "$2") == *"$3"* ]]
}
frozen() { curl -fsS http://127.0.0.1:8017/metrics | grep -q '^fc_instances{state="frozen"} [1-9]'; }
main_pid() { systemctl show -p MainPID --value openfc; }
restarted() { [ "$(main_pid)" != "$1" ] && curl -fsS http://127.0.0.1:8017/readyz; }
killed_and_swept() {
  local old group before
  old=$(main_pid)
  before=$(find $unit_group -type d -name 's[0-9]*')
  kill -KILL "$old"
  within 30 restarted "$old" || return 1
  for group in $before; do
    [ ! -e "$group/cgroup.procs" ] || [ -z "$(cat "$group/cgroup.procs")" ] || { echo "left: $group"; return 1; }
  done
}
nothing_left() { ! pgrep -f openfc-sandbox && [ ! -e $unit_group ] && ! grep -q openfc /proc/mounts; }
e2e() {
  OPENFC_CI=1 OPENFC_BUILD=/usr OPENFC_E2E_TOOLS=/tmp \
    python3 /srv/openfc/tests/e2e/run_suites.py "$@" | grep -v '^ok '
  return "${PIPESTATUS[0]}"
}

installed() {  # SUITE…: the unit, as a package would bring it
  check "control groups are purely of version 2" pure_v2
  openfc doctor
  check "the unit starts and says that it is ready" systemctl start openfc
  check "and lacks nothing" nothing_lacks
  check "the server runs as the user openfc" bash -c "[ \$(ps -o user= -p $(main_pid)) = openfc ]"
  for name in python nodejs custom; do
    check "hello-$name" deploy_and_invoke "hello-$name" '{"name":"vm"}' vm
  done
  check "sandboxes live below the unit's own group" sandboxes_below_unit
  check "sandboxes have limits" sandbox_limits
  check "an idle instance is frozen" within 30 frozen
  check "SIGKILL of the server: systemd starts it again, nothing of the old one lives" killed_and_swept
  check "the next invocation works" deploy_and_invoke hello-python '{"name":"again"}' again
  check "the unit stops" systemctl stop openfc
  check "nothing is left" within 10 nothing_left
  local suite
  for suite in "$@"; do
    check "end to end: $suite" e2e "$suite"
  done
  [ $failed -eq 0 ] || journalctl -u openfc --no-pager -o cat | tail -n 60
}

# The kernel of this machine shall have all that is attacked: Debian has some of it as modules. In a scope: the server
# would take this service's group for its own, and cannot move processes out of it that are not in its namespace.
attack() {  # NAME…
  local status=0 counts
  modprobe -a af_alg algif_hash vsock
  sysctl -q fs.epoll.max_user_watches=4000000
  systemd-run --quiet --scope python3 /srv/openfc/tests/attack/run.py --strict /usr "$@" | tee /run/attack.log || status=1
  read -ra counts <<<"$(sed -n 's/^attack: \([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' /run/attack.log)"
  passed=$((passed + ${counts[0]:-0}))
  failed=$((failed + ${counts[1]:-0}))
  [ "$status" -eq 0 ] || [ "${counts[1]:-0}" -gt 0 ] || failed=$((failed + 1))
}

suites=()
attacks=()
names=()
for name in "$@"; do
  case $name in
    attack) attacks+=(all) ;;
    attack:*) attacks+=(some) names+=("${name#attack:}") ;;
    *) suites+=("$name") ;;
  esac
done
echo "kernel $(uname -r), $(systemctl --version | head -n 1), $(nproc) processors"
check "systemd-sysusers makes the user" systemd-sysusers
if [ ${#suites[@]} -gt 0 ] || [ ${#attacks[@]} -eq 0 ]; then installed "${suites[@]}"; fi
case " ${attacks[*]} " in
  *" all "*) attack ;;
  *" some "*) attack "${names[@]}" ;;
esac
echo "vm: $passed passed, $failed failed, 0 skipped"
