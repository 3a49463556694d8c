package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay/drift"
	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/cmd/internal/command"
)

// people are the data that what Alipay sent holds.
var people = []string{"13812345678", "91330106MA2CDEFG5K", "202611BBcanarytoken", "王小明", "2088000000000077"}

// drifted is a REST API over a ledger that has seen one message and one answer that are not known.
func drifted(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := notify.NewVerifier([]notify.App{{ID: "2021000000000000", AlipayKeys: []keys.AlipayKey{{Public: &key.PublicKey}}}})
	if err != nil {
		t.Fatal(err)
	}
	params := map[string]string{
		"app_id": "2021000000000000", "msg_method": "alipay.open.mini.version.build.finished", "notify_id": "n1", "charset": "UTF-8", "version": "1.1",
		"biz_content": `{"contact":"王小明","phone":"13812345678","app_auth_token":"202611BBcanarytoken","licence":["91330106MA2CDEFG5K"],"n":13812345678}`,
		"msg_uid":     "2088000000000077",
	}
	body, err := (&drift.Case{Params: params}).Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	n, err := verifier.Notification(body)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := drift.NewLedger(slog.New(slog.DiscardHandler), prometheus.NewRegistry(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ledger.Received("2021000000000000", n)
	ledger.Received("2021000000000000", n)
	ledger.Answered("2021000000000000", gateway.Answer{
		Method: "alipay.open.mini.isv.query", Charset: "UTF-8", UTF8: true, Unread: []string{"owner"},
		Content: json.RawMessage(`{"code":"10000","msg":"Success","status":"AGREED","owner":{"name":"王小明","phone":"13812345678"}}`),
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/drift" {
			t.Errorf("asked for %s", r.URL)
		}
		_ = json.NewEncoder(w).Encode(ledger.Report([]string{"2021000000000000"}, r.URL.Query().Get("cases") == "true"))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestDriftWritesCasesThatVerify and hold nobody's data, on the page, in JSON and in the files.
func TestDriftWritesCasesThatVerify(t *testing.T) {
	at, folder := drifted(t), filepath.Join(t.TempDir(), "cases")
	p := newProgram(t)
	r := p.Run("drift", "--api", at, "--output", "text")
	p.Says(r, command.ExitOK, "1 answers and 2 messages", "alipay.open.mini.version.build.finished", "12", "owner")
	r = p.Run("drift", "--api", at, "--write-case", folder)
	p.Says(r, command.ExitOK, "case-001-name.form", "case-002-field.json")
	said := r.Stdout + r.Stderr
	message := filepath.Join(folder, "case-001-name.form")
	p.Says(p.Run("verify", "--public-key", filepath.Join(folder, "test-public-key.pem"), message), command.ExitOK, "valid", "alipay.open.mini.version.build.finished")
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) != 4 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := url.QueryUnescape(string(text))
		if err != nil {
			plain = string(text)
		}
		said += string(text) + plain
	}
	for _, one := range people {
		if strings.Contains(said, one) {
			t.Errorf("%s is shown", one)
		}
	}
	p.Says(p.Run("drift", "--api", at, "--write-case", folder), command.ExitUsage, "a folder that is not there yet")
}
