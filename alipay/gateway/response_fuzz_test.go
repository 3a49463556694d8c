package gateway

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"miniflow/alipay"
)

// FuzzResponse checks that every answer yields either a response or an error; that a response
// contains bytes that Alipay signed; and that the text that is cut out for the signature is
// the one that Alipay's own libraries cut out by counting braces.
func FuzzResponse(f *testing.F) {
	signed := map[string]bool{}
	for _, object := range []string{
		success(`"order_no":"ORD1"`),
		success(`"a":{"b":"}\"{\\"},"url":"http:\/\/x"`),
		failure("40004", "ORDER_NOT_EXIST", "{}"),
	} {
		signed[object] = true
		f.Add([]byte(signedAnswer(alipay.MethodQuery, object)))
		f.Add(fmt.Appendf(nil, `{"sign":"%s","%s":%s}`, signAsAlipay(object), queryMember, object))
	}
	client, err := NewClient(gatewayConfig())
	if err != nil {
		f.Fatal(err)
	}
	request := Request{Method: alipay.MethodQuery, Token: "canary-token"}
	f.Fuzz(func(t *testing.T, body []byte) {
		response, err := client.interpret(request, answer{status: 200, body: body})
		if (response == nil) == (err == nil) {
			t.Fatalf("got both or neither of %v and %v", response, err)
		}
		if response != nil && !signed[string(response.Content)] && !signed[strings.ReplaceAll(string(response.Content), `\/`, `/`)] {
			t.Fatalf("a success that nobody signed: %s", response.Content)
		}
		var failed *Error
		if err != nil && (!errors.As(err, &failed) || strings.Contains(err.Error(), "canary-token")) {
			t.Fatalf("error %v, want an *Error without the token", err)
		}
		sameCut(t, body)
	})
}

// sameCut compares the extractor with a plain count of braces wherever the count is safe: the
// member's name occurs once.
func sameCut(t *testing.T, body []byte) {
	t.Helper()
	read, err := readEnvelope(body, queryMember)
	name := `"` + queryMember + `"`
	if err != nil || !utf8.Valid(body) || strings.Count(string(body), name) != 1 || strings.Contains(string(body), "error_response") || read.content[0] != '{' {
		return
	}
	after := string(body[strings.Index(string(body), name)+len(name):])
	if counted := countBraces(after[strings.IndexByte(after, '{'):]); counted != string(read.content) {
		t.Fatalf("cut out %q, counting braces gives %q", read.content, counted)
	}
}

func countBraces(text string) string {
	depth, inText := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case !inText && c == '{':
			depth++
		case !inText && c == '}':
			if depth--; depth == 0 {
				return text[:i+1]
			}
		}
	}
	return ""
}

func TestFuzzResponseHasSeeds(t *testing.T) {
	seeds, err := filepath.Glob(filepath.Join("testdata", "fuzz", "FuzzResponse", "*"))
	if err != nil || len(seeds) < 8 {
		t.Fatalf("%d seeds in testdata/fuzz/FuzzResponse (%v), want at least 8", len(seeds), err)
	}
	for _, seed := range seeds {
		text, err := os.ReadFile(seed)
		if err != nil || !strings.HasPrefix(string(text), "go test fuzz v1\n[]byte(") {
			t.Errorf("%s is no seed (%v)", seed, err)
		}
	}
}
