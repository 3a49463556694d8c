package notify_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"

	"miniflow/alipay/notify"
)

// FuzzGatewayCheck signs any XML and charset as Alipay would, so that the reader of the XML
// and the writer of the answer see them. The question is read or refused; an answer is
// well-formed in the charset that it names, its signature holds over its inner text, and it
// contains nothing of the question. Without the signature nothing is answered.
func FuzzGatewayCheck(f *testing.F) {
	v := mustVerifier(f)
	another := newPush().sign() // genuine, but of another message
	f.Add([]byte(checkXML), "GBK", true)
	f.Fuzz(func(t *testing.T, question []byte, charset string, named bool) {
		p := gatewayCheck(string(question)).with("charset", charset)
		if named {
			p = p.with("app_id", thirdPartyApp)
		}
		body := p.body()
		n, err := v.Notification([]byte(body))
		var refusal *notify.Refusal
		if err != nil && (n != nil || !errors.As(err, &refusal)) {
			t.Fatalf("refused as %v, with %v", err, n)
		}
		if forged, err := v.Notification([]byte(formBody(p.with("sign", another).params))); err == nil {
			t.Fatalf("a check that nobody signed is taken: %v", forged)
		}
		if err != nil {
			return
		}
		contentType, answer, err := notify.GatewayCheckAnswer(n, ApplicationKey(), "0a")
		switch {
		case n.IsGatewayCheck() && err != nil:
			t.Fatalf("no answer: %v", err)
		case n.IsGatewayCheck():
			wantAnswer(t, contentType, answer)
		case !errors.Is(err, notify.ErrNoGatewayCheck) || answer != nil || contentType != "":
			t.Fatalf("not a check (%v), and answered %q %q", err, contentType, answer)
		}
	})
}

// wantAnswer reads an answer with a strict XML reader, in the charset that its first line
// names.
func wantAnswer(t *testing.T, contentType string, body []byte) {
	t.Helper()
	var read gatewayAnswer
	reader := xml.NewDecoder(strings.NewReader(string(body)))
	declared := ""
	reader.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		declared = label
		encoding, err := htmlindex.Get(label)
		if err != nil {
			return nil, fmt.Errorf("charset %q: %w", label, err)
		}
		return encoding.NewDecoder().Reader(input), nil
	}
	if err := reader.Decode(&read); err != nil {
		t.Fatalf("not well-formed: %v in %s", err, body)
	}
	if _, err := reader.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("something follows the document (%v): %s", err, body)
	}
	if declared == "" {
		declared = "UTF-8" // the reader calls CharsetReader for every other charset
	}
	if contentType != "text/xml; charset="+declared || !utf8.Valid(body) {
		t.Fatalf("the header says %q, the document %q", contentType, declared)
	}
	signature, err := base64.StdEncoding.DecodeString(read.Sign)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(read.Response.Inner))
	if err := rsa.VerifyPKCS1v15(&ApplicationKey().PublicKey, crypto.SHA256, sum[:], signature); err != nil {
		t.Fatalf("%v over %s", err, read.Response.Inner)
	}
	want := "<biz_content>" + read.Response.Key + "</biz_content><success>true</success>"
	if read.Response.Inner != want || read.AppCertSN != "0a" || read.SignType != "RSA2" {
		t.Fatalf("something else is answered: %s", body)
	}
}
