#!/usr/bin/env bash
# gremlins v0.6.0: the conditions behind a `case` are never changed.
#
# Gremlins changes what a coverage profile of `go test` says was run. A profile's blocks
# hold the statements of a case, not its conditions, so that the whole decision of
# `switch { case a > 0 && b > 0: … }` is reported as NOT COVERED, though tests run every
# branch of it and `go test -cover` says 100 %. The same decision written with `if` is
# changed. In a code base that decides in tagless switches the tool's "mutator coverage"
# can't come near 100 %, and the decisions are just what it does not try.
#
# Seen: "statements covered: 100.0%; behind if: RUNNABLE; behind case: NOT COVERED".
# Fails when that changes.
set -euo pipefail
place="$(mktemp -d)"
trap 'chmod -R u+w "$place"; rm -rf "$place"' EXIT
cd "$place"
GOBIN="$place/bin" go install github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0 2>/dev/null
mkdir code && cd code
printf 'module finding\n\ngo 1.24\n' >go.mod
cat >decide.go <<'GO'
package finding

func byIf(a, b int) bool {
	if a > 0 && b > 0 { // line 4
		return true
	}
	return false
}

func byCase(a, b int) bool {
	switch {
	case a > 0 && b > 0: // line 12
		return true
	default:
		return false
	}
}
GO
cat >decide_test.go <<'GO'
package finding

import "testing"

func TestBoth(t *testing.T) {
	for _, c := range []struct {
		a, b int
		want bool
	}{{1, 1, true}, {0, 1, false}, {1, 0, false}} {
		if byIf(c.a, c.b) != c.want || byCase(c.a, c.b) != c.want {
			t.Error(c)
		}
	}
}
GO
statements="$(go test -cover . | sed -n 's/.*coverage: \([0-9.]*%\).*/\1/p')"
"$place/bin/gremlins" unleash --dry-run . >log 2>&1
at() { sed -n "s/^ *\(RUNNABLE\|NOT COVERED\) .* at decide.go:$1:.*/\1/p" log | sort -u | paste -sd+; }
seen="statements covered: $statements; behind if: $(at 4); behind case: $(at 12)"
echo "$seen"
[ "$seen" = "statements covered: 100.0%; behind if: RUNNABLE; behind case: NOT COVERED" ]
