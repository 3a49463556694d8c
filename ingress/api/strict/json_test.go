package strict

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"miniflow/ingress/api/problem"
)

// The decoder defines a half surrogate: exactly what it would replace is refused.
func TestHalfSurrogatesAreWhatTheDecoderReplaces(t *testing.T) {
	piece := rapid.SampledFrom([]string{`\ud83d`, `\ude00`, `\\`, `\"`, `\u0041`, `\n`, "a", "u", "界"})
	rapid.Check(t, func(t *rapid.T) {
		written := `"` + strings.Join(rapid.SliceOf(piece).Draw(t, "text"), "") + `"`
		var fields problem.Fields
		value, err := ReadTree([]byte(written), &fields)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		text, _ := value.(string)
		if replaced := strings.ContainsRune(text, utf8.RuneError); replaced != halfSurrogate([]byte(written)) {
			t.Fatalf("%s: replaced %v, refused %v", written, replaced, !replaced)
		}
	})
}
