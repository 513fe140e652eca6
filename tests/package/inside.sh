#!/bin/bash
# inside.sh: what run.sh asks of the installed package, in the bare system.
set -uo pipefail

# check NAME COMMAND…: one line with the outcome.
check() {
  local name=$1
  shift
  if "$@" >/tmp/said 2>&1; then echo "ok $name"; else echo "FAILED $name"; sed 's/^/  | /' /tmp/said; fi
}

no_compiler() { ! command -v cc gcc g++ clang make cmake; }
answered_within() {  # SECONDS: from the start of the server to a function's answer
  local begun=${EPOCHREALTIME/./} answer
  openfc serve >/tmp/ready 2>/tmp/server.log &
  server=$!
  until grep -q 'openfc ready' /tmp/ready; do
    kill -0 $server 2>/dev/null || { cat /tmp/server.log; return 1; }
    sleep 0.05
  done
  openfc deploy /usr/share/doc/openfc/examples/hello-python -q || return 1
  answer=$(openfc invoke hello-python -q -e '{"name": "openfc"}') || return 1
  echo "$answer after $(((${EPOCHREALTIME/./} - begun) / 1000)) ms"
  [[ $answer == *'Hello, openfc!'* ]] && [ $(((${EPOCHREALTIME/./} - begun) / 1000000)) -lt "$1" ]
}
stopped() { kill "$server" && wait "$server"; }
drops_to_its_user() { [ "$(stat -c %U /var/lib/openfc)" = openfc ]; }
manual() { zcat /usr/share/man/man1/openfc.1.gz | grep -q '^.SS openfc deploy'; }
completion() {
  # shellcheck disable=SC1091
  source /usr/share/bash-completion/completions/openfc && complete -p openfc && [ "$(openfc completion words -- depl)" = deploy ]
}
config_is_right() { openfc serve --check-config; }
documented() { [ -s /usr/share/doc/openfc/copyright ] && [ -s /lib/systemd/system/openfc.service ]; }
installs_over_itself() {
  echo "region: cn-test" >>/etc/openfc/config.yaml
  dpkg -i /srv/openfc.deb && grep -q cn-test /etc/openfc/config.yaml
}
purged() { dpkg --purge openfc && [ ! -e /etc/openfc/config.yaml ] && [ ! -e /usr/bin/openfc ]; }
kept_data() { [ -s /var/lib/openfc/store.sqlite ] && grep -q 'rm -r /var/lib/openfc' /tmp/purge; }

check "there is no compiler" no_compiler
check "the sample of the configuration is a configuration" config_is_right
check "unit and licence are there" documented
check "the manual page tells of the commands" manual
check "the shell completes commands" completion
check "the first answer comes within 15 s" answered_within 15
sed 's/^/  | /' /tmp/said
check "the data belongs to the server's user" drops_to_its_user
check "the server ends" stopped
check "it is installed over itself and leaves the configuration" installs_over_itself
check "the functions are still there" answered_within 15
check "the server ends again" stopped
check "purging takes the package and its configuration" purged
cp /tmp/said /tmp/purge
check "purging leaves the data and says so" kept_data
