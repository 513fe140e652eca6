#!/bin/bash
# demo.sh run|demo: builds, starts a server with an empty store, deploys the examples with the command line, invokes
# them and checks what they answer.
#   run:  on 127.0.0.1:8016; then prints what to paste next and serves until Ctrl-C.
#   demo: on free ports; then stops. Status 0 only if every output was right and the server ended well.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-}
case $mode in
  run) listen=${OPENFC_LISTEN:-127.0.0.1:8016} admin=${OPENFC_ADMIN_LISTEN:-127.0.0.1:8017} ;;
  demo) listen=127.0.0.1:0 admin=127.0.0.1:0 ;;
  *) echo "usage: demo.sh run|demo" >&2; exit 2 ;;
esac

preset=${OPENFC_PRESET:-release}
tools/build.sh "$preset"
unset "${!OPENFC_@}" # the server below is started with flags alone
openfc=build/$preset/bin/openfc
# Only the development key of the server below is meant here.
unset ACCESS_KEY_ID ACCESS_KEY_SECRET

work=$(mktemp -d "${TMPDIR:-/tmp}/openfc-$mode-XXXXXX")
chmod 755 "$work" # the server drops to a user of its own and must reach its data
server=
as_root=()

say() { printf '\n\033[1m%s\033[0m\n' "$*" >&"$tty"; }
exec {tty}>&1
if [ ! -t 1 ] || [ -n "${NO_COLOR:-}" ]; then say() { printf '\n%s\n' "$*"; }; fi

# Asks the server to end and waits for it; its status becomes ours unless something failed before.
stop() {
  local status=$?
  trap '' INT TERM
  if [ -n "$server" ]; then
    # Signals to sudo are passed on to what it runs.
    "${as_root[@]}" kill -TERM "$server" 2>/dev/null || true
    local ended=0
    wait "$server" || ended=$?
    [ $status -ne 0 ] || status=$ended
  fi
  [ $status -eq 0 ] || [ ! -s "$work/server.log" ] || { echo "--- the server's log ends with" >&2; tail -n 30 "$work/server.log" >&2; }
  "${as_root[@]}" rm -rf "$work"
  exit $status
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start() {
  local arguments=(serve --listen "$listen" --admin-listen "$admin" --data "$work/data" --account-id "$account")
  if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo --)
    sudo -v
  fi
  # Its own session: Ctrl-C reaches this script alone, which then asks the server to end.
  mkfifo "$work/ready"
  setsid "${as_root[@]}" "$PWD/$openfc" "${arguments[@]}" >"$work/ready" 2>"$work/server.log" &
  server=$!
  exec {ready}<"$work/ready"
  local line
  while read -r -t 60 -u "$ready" line; do
    if [[ $line == "openfc ready "* ]]; then
      endpoint=${line#openfc ready }
      return
    fi
  done
  echo "the server did not become ready" >&2
  exit 1
}

# deploy_and_invoke EXAMPLE: fails unless the answer and the log are those of the example.
deploy_and_invoke() {
  local example=$1 answer status=0
  "$openfc" deploy "examples/$example" --quiet
  answer=$("$openfc" invoke "default/$example" --event '{"name": "openfc"}' 2>"$work/log") || status=$?
  printf '%s\n' "$answer"
  sed 's/^/  | /' "$work/log"
  [ $status -eq 0 ] || { echo "$example: invoke ended with status $status" >&2; return 1; }
  [[ $answer == *'"greeting"'*'"Hello, openfc!"'* ]] || { echo "$example: the answer is wrong" >&2; return 1; }
  grep -q 'greeting openfc' "$work/log" || { echo "$example: the log lacks what the function printed" >&2; return 1; }
  grep -q 'Billed Duration: .* Max Memory Used: .* MB' "$work/log" ||
    { echo "$example: the summary is missing" >&2; return 1; }
}

paste_next() {
  local endpoint_line=""
  [ "$endpoint" = http://127.0.0.1:8016 ] || endpoint_line="export OPENFC_ENDPOINT=$endpoint"$'\n'
  say "Serving at $endpoint until Ctrl-C. Paste in another terminal:"
  cat <<TEXT
# The command line
${endpoint_line}$openfc invoke default/hello-python --event '{"name": "you"}'
$openfc logs default/hello-python --follow
$openfc deploy examples/hello-nodejs && $openfc service list

# curl (signed; good for 15 minutes)
curl -s http://$admin/healthz
$("$openfc" sign POST /2016-08-15/services/default/functions/hello-python/invocations --data '{"name": "curl"}')

# Node SDK: npm install @alicloud/fc2
node -e "
const FC = require('@alicloud/fc2');
const client = new FC('$account', {accessKeyID: '$key', accessKeySecret: '$secret', region: 'cn-hangzhou', endpoint: '$endpoint'});
client.invokeFunction('default', 'hello-nodejs', '{\"name\": \"node\"}').then(r => console.log(r.data.toString()));"

# fun: into the .env beside template.yml
FC_ENDPOINT=$endpoint
ENABLE_CUSTOM_ENDPOINT=true
ACCOUNT_ID=$account
REGION=cn-hangzhou
ACCESS_KEY_ID=$key
ACCESS_KEY_SECRET=$secret
TEXT
}

account=1234567890123456
key=openfc-development-key
secret=openfc-development-secret

start
export OPENFC_ENDPOINT=$endpoint
failed=0
for example in hello-python hello-nodejs hello-custom; do
  say "\$ openfc deploy examples/$example && openfc invoke default/$example --event '{\"name\": \"openfc\"}'"
  deploy_and_invoke "$example" || failed=1
done

if [ $mode = run ] && [ $failed -eq 0 ]; then
  trap 'exit 0' INT TERM # the usual way to end it
  paste_next
  wait "$server"
  server=
fi
exit $failed
