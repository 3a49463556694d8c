package longconn

import (
	"encoding/json"
	"fmt"
	"regexp"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// However a text is escaped, it says the same afterwards, and nothing that could
// be written out is escaped with a letter any more.
func TestPlainEscapesKeepTheMeaning(t *testing.T) {
	control := regexp.MustCompile(`\\u00[01][a-fA-F]`)
	letter := regexp.MustCompile(`\\u[0-9a-fA-F]{0,3}[a-fA-F]`)
	backslash := regexp.MustCompile(`\\\\`)
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "text")
		escaped := `"`
		for _, unit := range utf16.Encode([]rune(want)) {
			format := rapid.SampledFrom([]string{`\u%04x`, `\u%04X`}).Draw(t, "format")
			escaped += fmt.Sprintf(format, unit)
		}
		plain := plainEscapes(escaped + `"`)
		var got string
		if err := json.Unmarshal([]byte(plain), &got); err != nil || got != want {
			t.Fatalf("%q became %s, which says %q: %v", want, plain, got, err)
		}
		rest := control.ReplaceAllString(backslash.ReplaceAllString(plain, ""), "")
		rest = regexp.MustCompile(`\\u005[cC]`).ReplaceAllString(rest, "")
		if letter.MatchString(rest) {
			t.Fatalf("%q became %s", want, plain)
		}
	})
}

// Whatever a client sends, it is read or refused: nothing that is refused gives
// anything else back, and what is read has what an acknowledgement needs.
func TestInboundIsReadOrRefused(t *testing.T) {
	good := "stream-id:s1\r\n\r\n" + `{"protocol":{"x-type":"message","x-cmd":"CONSUME_ACK","x-msgId":"n1","x-status":null}}`
	if in, err := readInbound(good); err != nil || in.cmd != "CONSUME_ACK" || in.protocol["x-msgId"] != "n1" {
		t.Fatalf("%v, %v", in, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(good)-1).Draw(t, "at")
		end := rapid.IntRange(at, len(good)).Draw(t, "end")
		in, err := readInbound(good[:at] + rapid.String().Draw(t, "instead") + good[end:])
		if err == nil && (in.headers["stream-id"] == "" || in.protocol["x-type"] != "message") {
			t.Fatalf("read %v", in)
		}
	})
}
