#!/usr/bin/env bash
# oapi-codegen v2.8.2: a component that only `webhooks` of an OpenAPI 3.1 document refer to
# is named by the generated code and not generated, so that the code does not compile.
#
# Components that no operation under `paths` reaches are pruned before code is generated.
# For each webhook the generator still declares the type of its body, as an alias of the
# component that it has pruned. With skip-prune the same document gives code that compiles.
# So an API that describes what it posts in a component of its own has a description that
# is valid and can't be used; the body has to be described in place.
#
# Seen: "pruned: undefined: Told; kept: compiles". Fails when that changes.
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
    get: {operationId: ping, responses: {"204": {description: fine}}}
webhooks:
  told:
    post:
      operationId: told
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Told"}}}}
      responses: {"204": {description: taken}}
components:
  schemas:
    Told: {type: object, required: [id], properties: {id: {type: string}}}
YAML
compiled() {
  mkdir "$1" && (
    cd "$1"
    printf 'module finding\n\ngo 1.24\n' >go.mod
    "$place/bin/oapi-codegen" -generate types "${@:2}" -package finding -o generated.go ../api.yaml
    if go build . 2>log; then echo compiles; else sed -n 's/.*: \(undefined: [A-Za-z]*\).*/\1/p' log | sort -u | paste -sd+; fi
  )
}
printf 'output-options: {skip-prune: true}\n' >kept.yaml
seen="pruned: $(compiled pruned); kept: $(compiled kept -config "$place/kept.yaml")"
echo "$seen"
[ "$seen" = "pruned: undefined: Told; kept: compiles" ]
