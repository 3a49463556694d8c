package gateway

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/alipay/keys"
)

// Two pairs of keys for all tests of the gateway, because making one takes a while.
var (
	gatewayAppKey    = sync.OnceValue(newGatewayKey)
	gatewayAlipayKey = sync.OnceValue(newGatewayKey)
)

func newGatewayKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// gatewayNow is the clock of every test: 03:04:05 in Beijing on 2 January 2024.
func gatewayNow() time.Time { return time.Date(2024, 1, 1, 19, 4, 5, 0, time.UTC) }

// received is one call as it arrived, parsed without any code of the package.
type received struct {
	query  map[string]string
	body   map[string]string
	files  map[string]receivedFile
	signed string // the text that the signature held for
}

type receivedFile struct {
	name, contentType string
	content           []byte
}

// fakeGateway is Alipay's side in tests: it checks the signature of every call independently
// and answers as the test wants.
type fakeGateway struct {
	t      testing.TB
	server *httptest.Server
	answer http.HandlerFunc

	mu    sync.Mutex
	calls []received
}

// newFakeGateway returns a gateway that answers every call with answer.
func newFakeGateway(t testing.TB, answer http.HandlerFunc) *fakeGateway {
	t.Helper()
	g := &fakeGateway{t: t, answer: answer}
	g.server = httptest.NewServer(http.HandlerFunc(g.serve))
	t.Cleanup(g.server.Close)
	return g
}

// answering returns a gateway that answers every call with one signed object.
func answering(t testing.TB, method, object string) *fakeGateway {
	return newFakeGateway(t, func(w http.ResponseWriter, _ *http.Request) {
		writeAnswer(w, signedAnswer(method, object))
	})
}

func writeAnswer(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/html;charset=utf-8")
	w.Header().Set("trace_id", "0a1b2c3d")
	_, _ = io.WriteString(w, body)
}

func (g *fakeGateway) serve(w http.ResponseWriter, r *http.Request) {
	call, err := takeApart(r)
	if err != nil {
		g.t.Errorf("the gateway can't read the call: %v", err)
	}
	g.mu.Lock()
	g.calls = append(g.calls, call)
	g.mu.Unlock()
	g.answer(w, r)
}

// only returns the one call that arrived; there must be exactly one.
func (g *fakeGateway) only() received {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.calls) != 1 {
		g.t.Fatalf("%d calls arrived, want exactly 1", len(g.calls))
	}
	return g.calls[0]
}

// client returns a client of this gateway, its configuration changed by change.
func (g *fakeGateway) client(change func(*Config)) *Client {
	g.t.Helper()
	config := gatewayConfig()
	config.Endpoint = g.server.URL + "/gateway.do"
	if change != nil {
		change(&config)
	}
	client, err := NewClient(config)
	if err != nil {
		g.t.Fatal(err)
	}
	return client
}

func gatewayConfig() Config {
	return Config{
		AppID:      "2021999999999999",
		PrivateKey: gatewayAppKey(),
		AlipayKey:  func(string) []keys.PublicKey { return []keys.PublicKey{&gatewayAlipayKey().PublicKey} },
		Now:        gatewayNow,
		Limiter:    unlimited{},
	}
}

type unlimited struct{}

func (unlimited) Wait(context.Context) error { return nil }

// takeApart parses a call and checks its signature by §4.1 to §4.3 of the gateway's rules and
// nothing else.
func takeApart(r *http.Request) (received, error) {
	call := received{query: map[string]string{}, body: map[string]string{}, files: map[string]receivedFile{}}
	if err := splitPairs(r.URL.RawQuery, call.query); err != nil {
		return call, err
	}
	if err := readBody(r, &call); err != nil {
		return call, err
	}
	var names []string
	values := map[string]string{}
	for _, group := range []map[string]string{call.query, call.body} {
		for name, value := range group {
			if _, twice := values[name]; twice {
				return call, fmt.Errorf("%s was sent twice", name)
			}
			values[name] = value
			if name != "sign" {
				names = append(names, name)
			}
		}
	}
	sort.Strings(names)
	text := ""
	for i, name := range names {
		if i > 0 {
			text += "&"
		}
		text += name + "=" + values[name]
	}
	call.signed = text
	signature, err := base64.StdEncoding.DecodeString(values["sign"])
	if err != nil {
		return call, err
	}
	digest := sha256.Sum256([]byte(text))
	return call, rsa.VerifyPKCS1v15(&gatewayAppKey().PublicKey, crypto.SHA256, digest[:], signature)
}

func splitPairs(encoded string, into map[string]string) error {
	if encoded == "" {
		return nil
	}
	for pair := range strings.SplitSeq(encoded, "&") {
		name, value, _ := strings.Cut(pair, "=")
		decoded, err := url.QueryUnescape(value)
		if err != nil {
			return err
		}
		into[name] = decoded
	}
	return nil
}

func readBody(r *http.Request, call *received) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	if kind == "application/x-www-form-urlencoded" {
		return splitPairs(string(body), call.body)
	}
	parts := multipart.NewReader(bytes.NewReader(body), parameters["boundary"])
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if part.FileName() == "" {
			call.body[part.FormName()] = string(content)
		} else {
			call.files[part.FormName()] = receivedFile{part.FileName(), part.Header.Get("Content-Type"), content}
		}
	}
}

// signAsAlipay signs a text with Alipay's key.
func signAsAlipay(text string) string {
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, gatewayAlipayKey(), crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// signedAnswer returns an answer to method whose signature covers object.
func signedAnswer(method, object string) string {
	return fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, memberOf(method), object, signAsAlipay(object))
}

func memberOf(method string) string {
	return strings.Join(strings.Split(method, "."), "_") + "_response"
}

// success returns a success object with further members, written as JSON.
func success(members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"code":"10000","msg":"Success"` + members + `}`
}

// failure returns a failure object.
func failure(code, subCode, subMsg string) string {
	text, err := json.Marshal(map[string]string{"code": code, "msg": "Business Failed", "sub_code": subCode, "sub_msg": subMsg})
	if err != nil {
		panic(err)
	}
	return string(text)
}
