#!/usr/bin/env bash
# Generates clients from docs/openapi.json and fails unless they compile, have a constant for each
# value of each enumeration, and make every call against a running standalone:
#   internal/clients/check.sh cmd/standalone/data/addresses.json
# The one of TypeScript is generated and compiled where there is npm.
set -euo pipefail
addresses="$(realpath "${1:?the path of addresses.json}")"
cd "$(dirname "$0")"
readonly description=../../docs/openapi.json
readonly openapi_typescript=7.13.0 typescript=5.9.3

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
npm install --silent --no-audit --no-fund --prefix "$work" "openapi-typescript@$openapi_typescript" "typescript@$typescript"
"$work/node_modules/.bin/openapi-typescript" "$description" --enum --output "$work/miniflow.ts"
cp use.ts "$work/"
"$work/node_modules/.bin/tsc" --noEmit --strict --target es2022 --moduleResolution bundler --module esnext --skipLibCheck "$work/use.ts"
echo "the client of TypeScript compiles"
