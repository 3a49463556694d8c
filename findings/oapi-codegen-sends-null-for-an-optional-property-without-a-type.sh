#!/usr/bin/env bash
# oapi-codegen v2.8.2: in a schema that allows additional properties, an optional property that says
# no type is sent as null by the generated Go client whenever a caller leaves it out.
#
# Without additional properties the same property has the tag omitempty and is left out. With them
# the type gets a MarshalJSON of its own, which leaves out pointers that are nil and writes an
# interface{} that is nil as null, although the property is not required. A server that tells
# "left out" from "null" refuses every request that does not fill it. A property with a type, or
# with a list of types (oneOf), is left out as it should be.
#
# Seen: {"any":null} of an empty value. Fails when that changes.
set -euo pipefail
place="$(mktemp -d)"
trap 'chmod -R u+w "$place"; rm -rf "$place"' EXIT
cd "$place"
GOBIN="$place/bin" go install github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 2>/dev/null
cat >api.yaml <<'YAML'
openapi: 3.1.0
info: {title: finding, version: "1"}
paths:
  /ping:
    post:
      operationId: ping
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Body"}}}}
      responses: {"204": {description: fine}}
components:
  schemas:
    Body:
      type: object
      additionalProperties: true
      properties:
        any: {description: of any type}
        text: {type: string}
        either: {oneOf: [{type: string}, {type: boolean}]}
YAML
mkdir api
bin/oapi-codegen -generate types -package api -o api/api.go api.yaml 2>/dev/null
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"

	"finding/api"
)

func main() {
	text, err := json.Marshal(api.Body{})
	fmt.Println(string(text), err)
}
GO
go mod init finding >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
seen="$(go run .)"
echo "$seen"
[ "$seen" = '{"any":null} <nil>' ]
