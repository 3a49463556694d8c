#!/usr/bin/env bash
# openapi-typescript 7.13.0 with --enum: an enumeration that has the empty string among its
# values becomes an enum with a member without a name, which TypeScript refuses.
#
# An empty value is valid in JSON Schema, and usual for "not yet". Other values get names
# made of their text; of an empty text nothing is left. `x-enum-varnames`, which the tool
# reads, gives it one, and so the description has to carry it for the sake of this tool.
#
# Seen: "as it is: TS1132; with x-enum-varnames: compiles". Fails when that changes.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
cd "$place"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit openapi-typescript@7.13.0 typescript@5.9.3 >/dev/null 2>&1
document() {
  printf '{"openapi":"3.1.0","info":{"title":"finding","version":"1"},"paths":{},"components":{"schemas":{"Verdict":{"type":"string","enum":["passed",""]%s}}}}' "$1"
}
compiled() {
  document "$2" >"$1.json"
  npx openapi-typescript "$1.json" -o "$1.ts" --enum >/dev/null 2>&1
  if npx tsc --noEmit --strict "$1.ts" >log; then echo compiles; else grep -o 'TS[0-9]*' log | sort -u | paste -sd+; fi
}
seen="as it is: $(compiled bare ''); with x-enum-varnames: $(compiled named ',"x-enum-varnames":["passed","none"]')"
echo "$seen"
[ "$seen" = "as it is: TS1132; with x-enum-varnames: compiles" ]
