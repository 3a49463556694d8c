package notify_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// publishedMessages returns the genuine messages of the vectors and a verifier for their app.
// The key that signed them is not public.
func publishedMessages(tb testing.TB) (*notify.Verifier, []string) {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "vectors", "ant-open-sdk-from-message.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var file struct{ Cases []signedVector }
	if err := json.Unmarshal(data, &file); err != nil || len(file.Cases) != 2 {
		tb.Fatalf("%d published messages (%v)", len(file.Cases), err)
	}
	public, err := keys.ParsePublicKey(file.Cases[0].PublicKey)
	if err != nil {
		tb.Fatal(err)
	}
	aesKey, err := keys.ParseAESKey(file.Cases[1].AESKey)
	if err != nil {
		tb.Fatal(err)
	}
	app := notify.App{ID: file.Cases[0].Params["app_id"], AlipayKeys: []keys.AlipayKey{{Public: public}}, AESKey: aesKey}
	return mustVerifier(tb, app), []string{formBody(file.Cases[0].Params), formBody(file.Cases[1].Params)}
}

// FuzzVerify checks that anything made of genuine messages without the key is refused, or
// reads as one of them, and that nothing comes with a refusal.
func FuzzVerify(f *testing.F) {
	v, genuine := publishedMessages(f)
	var known []*notify.Notification
	for _, body := range genuine {
		known = append(known, mustRead(f, v, body))
		f.Add([]byte(body))
		f.Add([]byte(strings.ReplaceAll(body, "&", "%26")))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := v.Notification(body)
		if err != nil {
			var refusal *notify.Refusal
			if n != nil || !errors.As(err, &refusal) || refusal.Verifications > 8 {
				t.Fatalf("refused as %v, with %v", err, n)
			}
			return
		}
		for _, other := range known {
			if sameMessage(n, other) {
				return
			}
		}
		t.Fatalf("a message that nobody signed: %v", n)
	})
}

// TestFuzzSeedsExist, because a fuzz target whose committed seeds are gone still passes.
func TestFuzzSeedsExist(t *testing.T) {
	for _, target := range []string{"FuzzForm", "FuzzVerify", "FuzzGatewayCheck"} {
		seeds, err := filepath.Glob(filepath.Join("testdata", "fuzz", target, "*"))
		if err != nil || len(seeds) < 4 {
			t.Errorf("%s has %d committed seeds (%v), want at least 4", target, len(seeds), err)
		}
	}
}
