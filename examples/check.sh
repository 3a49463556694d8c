#!/usr/bin/env bash
# Runs the three examples against a running standalone, and fails unless each ends as it should:
#   examples/check.sh cmd/standalone/data/addresses.json
# The standalone posts to a receiver of its own. So this script passes its events on to the examples, signed as
# Miniflow signs them, each of them twice, and knocks with forgeries before.
set -euo pipefail
addresses=$(realpath "${1:?the path of addresses.json}")
cd "$(dirname "$0")"
data=$(dirname "$addresses") work=$(mktemp -d) failed=0
member() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$addresses"; }
MINIFLOW_API=$(member api) MINIFLOW_API_KEY=$(cat "$data/api-key") WEBHOOK_SECRET=$(cat "$data/webhook-secret")
simulator=$(member simulator) LOGO_URL=$(member simulator)/sim/v1/files/logo.png
export MINIFLOW_API MINIFLOW_API_KEY WEBHOOK_SECRET LOGO_URL
bearer="Authorization: Bearer $MINIFLOW_API_KEY"
other=$(openssl rand -base64 32)

rules() { curl -sf -X PUT "$simulator/sim/v1/rules" -H 'Content-Type: application/json' -d "$1" >/dev/null; }
before=$(curl -sf "$simulator/sim/v1/rules" | sed 's/:null/:[]/')
leave() { rules "$before" || true; kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"; }
trap leave EXIT
failure() { echo "FAILED: $*"; failed=1; }

go -C go build -o "$work/go" .
javac -d "$work" java/Example.java
run() { # language, arguments
  case $1 in
    go) (cd go && exec timeout 180 "$work/go" "${@:2}") ;;
    java) (cd java && exec timeout 180 java -cp "$work" Example "${@:2}") ;;
    node) (cd node && exec timeout 180 node example.js "${@:2}") ;;
  esac >"$work/$1.out" 2>&1
}

sign() { # secret, id, time, body: one signature of the scheme
  local key; key=$(printf %s "${1#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
  printf 'v1,'; printf '%s.%s.%s' "$2" "$3" "$4" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64 | tr -d '\n'
}
post() { # address, id, time, signatures, body: the status that the receiver answers
  curl -s -o /dev/null -w '%{http_code}' -m 15 "http://$1/" -H 'Content-Type: application/json' -H "webhook-id: $2" \
    -H "webhook-timestamp: $3" -H "webhook-signature: $4" --data-binary "$5" || true
}
knock() { # language, address: what the receiver makes of genuine posts and of forgeries
  local now body='{"type":"webhook.test","timestamp":"2026-11-20T08:00:00Z","data":{"app_id":"2021000000000000"}}' got
  now=$(date +%s)
  for _ in $(seq 100); do curl -s -o /dev/null "http://$2/" && break; sleep 0.2; done
  expect() { got=$(post "$2" t1 "$4" "$5" "$6"); [[ $got == $3 ]] || failure "$1: $7: answered $got, not $3"; }
  expect "$1" "$2" '2??' "$now" "$(sign "$WEBHOOK_SECRET" t1 "$now" "$body")" "$body" 'a genuine post'
  expect "$1" "$2" '2??' "$now" "$(sign "$other" t1 "$now" "$body") $(sign "$WEBHOOK_SECRET" t1 "$now" "$body")" "$body" 'two secrets'
  expect "$1" "$2" 401 "$now" "$(sign "$other" t1 "$now" "$body")" "$body" 'another secret'
  expect "$1" "$2" 401 "$now" "$(sign "$WEBHOOK_SECRET" t1 "$now" "$body")" "$body " 'a blank more in the body'
  expect "$1" "$2" 401 "$now" "$(sign "$WEBHOOK_SECRET" t2 "$now" "$body")" "$body" 'another id'
  expect "$1" "$2" 401 "$((now - 400))" "$(sign "$WEBHOOK_SECRET" t1 "$((now - 400))" "$body")" "$body" 'signed long ago'
  expect "$1" "$2" 401 "$((now + 400))" "$(sign "$WEBHOOK_SECRET" t1 "$((now + 400))" "$body")" "$body" 'signed in the future'
  expect "$1" "$2" 401 soon "$(sign "$WEBHOOK_SECRET" t1 soon "$body")" "$body" 'no time'
  expect "$1" "$2" 401 "$now" '' "$body" 'no signature'
}
pass_on() { # language, address: the events of its order, each twice
  local number body id now line
  number=$(curl -sf -H "$bearer" "$MINIFLOW_API/v1/orders?limit=50" | grep -o "\"example-$1-[0-9]*\"" | tr -d '"' | sort | tail -1)
  curl -sfN -H "$bearer" -H 'Accept: text/event-stream' "$MINIFLOW_API/v1/orders/2021000000000000/$number/events" | while IFS= read -r line; do
    [[ $line == data:* ]] || continue
    id=$(sed 's/.*"id":"\([^"]*\)".*/\1/' <<<"$line") now=$(date +%s)
    body='{"type":"order.stage_changed","timestamp":"2026-11-20T08:00:00Z","data":{"app_id":"2021000000000000","out_order_no":"'$number'","events":['${line#data:}'],"order":{}}}'
    for _ in 1 2; do post "$2" "$id" "$now" "$(sign "$other" "$id" "$now" "$body") $(sign "$WEBHOOK_SECRET" "$id" "$now" "$body")" "$body" >/dev/null; done
  done
}
by_webhook() { # language, port
  local code=0 address=127.0.0.1:$2 pid
  LISTEN=$address run "$1" & pid=$!
  knock "$1" "$address"
  pass_on "$1" "$address" &
  wait $pid || code=$?
  judge "$1" webhook 0 $code
  [[ -z $(sort "$work/$1.out" | uniq -d) ]] || failure "$1: it acted on a repeat"
  return $failed
}
by_stream() { # language, expected exit code
  local code=0
  run "$1" --follow || code=$?
  judge "$1" --follow "$2" $code
  return $failed
}
judge() { # language, way, expected exit code, exit code
  [[ $3 == "$4" ]] && echo "ok: $1, $2: exit code $4" && return
  failure "$1, $2: exit code $4, not $3"; sed 's/^/    /' "$work/$1.out"
}
each() { # what to run, for the three at once
  local pids=() pid
  $1 go $2 & pids+=($!); $1 java $3 & pids+=($!); $1 node $4 & pids+=($!)
  for pid in "${pids[@]}"; do wait $pid || failed=1; done
}

rejected='{"result":"reject","after":"10m0s","reasons":[{"memo":"小程序简介与实际服务不符"}]},{"result":"pass","after":"10m0s"}'
rules '{"rules":[{"out_order_no":"example-*","audits":['"$rejected"']}]}'
each by_webhook 18301 18302 18303
each by_stream 0 0 0
rules '{"rules":[{"out_order_no":"example-*","merchant":{"answer":"REJECTED","after":"3m0s"}}]}'
each by_stream 1 1 1
exit $failed
