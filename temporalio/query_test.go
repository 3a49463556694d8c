package temporalio_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"miniflow/temporalio"
)

// For any input a quoted value is one literal: it can't end itself.
func TestQuotedValueIsOneLiteral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value") + rapid.SampledFrom([]string{"'", `\'`, `\`, "''", "\"", "`", "?", "\x00"}).Draw(t, "trick")
		quoted := temporalio.Quote(value)
		inner := quoted[1 : len(quoted)-1]
		if quoted[0] != '\'' || quoted[len(quoted)-1] != '\'' || strings.ContainsAny(inner, "'\"\\?\x00\n") {
			t.Fatalf("%q became %s", value, quoted)
		}
	})
}

// A merchant_ref may contain a backtick: a list that dropped it would find nothing.
func TestQuoteKeepsWhatAValueMayContain(t *testing.T) {
	for _, value := range []string{"a`b", "小店 #7 <50%> $1 :x; --"} {
		if got := temporalio.Quote(value); got != "'"+value+"'" {
			t.Errorf("%q became %s", value, got)
		}
	}
}
