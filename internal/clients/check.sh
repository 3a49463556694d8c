#!/usr/bin/env bash
# Generates clients from docs/openapi.json and fails unless they compile, have a constant for each
# value of each enumeration, and make every call against a running standalone:
#   internal/clients/check.sh cmd/standalone/data/addresses.json
# The one of TypeScript needs npm.
set -euo pipefail
addresses="$(realpath "${1:?the path of addresses.json}")"
cd "$(dirname "$0")"
readonly description=../../docs/openapi.json
readonly openapi_typescript=7.13.0 openapi_fetch=0.17.0 typescript=5.9.3 node_types=22.20.7

mkdir -p miniflow
go tool oapi-codegen -config client.yaml "$description"
go vet ./...
go run ./calls "$description" "$addresses"

if ! command -v npm >/dev/null; then
  echo "there is no npm: the client of TypeScript was not generated"
  exit 0
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" \
  "openapi-typescript@$openapi_typescript" "openapi-fetch@$openapi_fetch" "typescript@$typescript" "@types/node@$node_types"
echo '{"type":"module"}' >"$work/package.json"
"$work/node_modules/.bin/openapi-typescript" "$description" --enum --output "$work/miniflow.ts" >/dev/null
cp calls.ts "$work/"
"$work/node_modules/.bin/tsc" --strict --target es2022 --module nodenext --typeRoots "$work/node_modules/@types" --types node --skipLibCheck --outDir "$work" "$work/calls.ts"
node "$work/calls.js" "$(realpath "$description")" "$addresses"
