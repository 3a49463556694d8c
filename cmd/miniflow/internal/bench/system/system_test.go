package system

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/bench/measure"
)

const appID = "2021000000000000"

// signing returns a system that can sign, and a verifier that trusts it.
func signing(t *testing.T) (*System, *notify.Verifier) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := notify.NewVerifier([]notify.App{{ID: appID, AlipayKeys: []keys.AlipayKey{{Public: &private.PublicKey}}}})
	if err != nil {
		t.Fatal(err)
	}
	return &System{AppID: appID, private: private, http: &http.Client{Timeout: time.Minute}}, verifier
}

// TestTheCorpusIsGenuineAndNew has the door's own verifier read it.
func TestTheCorpusIsGenuineAndNew(t *testing.T) {
	s, verifier := signing(t)
	orders := []Waiting{{"bench-1", "20261128001"}, {"bench-2", "20261128002"}}
	corpus, err := s.Corpus(orders, 7, "run")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, message := range corpus {
		n, err := verifier.Notification(message.body)
		if err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		said, err := n.Message()
		if err != nil {
			t.Fatal(err)
		}
		confirmed, ok := said.(*notify.MerchantConfirmed)
		if want := orders[i%2]; !ok || confirmed.OutOrderNo != want.OutOrderNo || confirmed.OrderNo != want.OrderNo || message.Order != want.OutOrderNo {
			t.Errorf("message %d says %+v", i, said)
		}
		seen[n.NotifyID] = true
	}
	if len(seen) != len(corpus) {
		t.Errorf("%d messages have %d ids", len(corpus), len(seen))
	}
}

// TestForgeriesCostAVerification checks that a forged message is of the right shape and refused for
// its signature alone, as one of somebody's who knows everything but the key.
func TestForgeriesCostAVerification(t *testing.T) {
	s, verifier := signing(t)
	corpus, err := s.Corpus([]Waiting{{"bench-1", "1"}}, 2, "run")
	if err != nil {
		t.Fatal(err)
	}
	forged := Forged(corpus, 5)
	if len(forged) != 5 || len(forged[0].body) < len(corpus[0].body)-60 {
		t.Errorf("%d messages of %d bytes, genuine ones have %d", len(forged), len(forged[0].body), len(corpus[0].body))
	}
	for _, message := range forged {
		_, err := verifier.Notification(message.body)
		var refusal *notify.Refusal
		if !errors.As(err, &refusal) || refusal.Reason != notify.ReasonBadSignature || refusal.Verifications == 0 {
			t.Errorf("got %v", err)
		}
	}
}

// TestTheDoorsWordCounts delivers to doors that say yes, no, and something else.
func TestTheDoorsWordCounts(t *testing.T) {
	s, _ := signing(t)
	corpus, err := s.Corpus([]Waiting{{"bench-1", "1"}}, 1, "run")
	if err != nil {
		t.Fatal(err)
	}
	for said, want := range map[string]struct {
		status          int
		genuine, forged bool
	}{
		"success": {http.StatusOK, true, false}, "fail": {http.StatusForbidden, false, true},
		"success\n": {http.StatusOK, false, false}, "<html>": {http.StatusOK, false, false},
	} {
		door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.URL.Path != doorPath || !bytes.Equal(body, corpus[0].body) || r.Header.Get("Authorization") != "" {
				t.Errorf("%s got %s, with the key %q", r.URL.Path, body, r.Header.Get("Authorization"))
			}
			w.WriteHeader(want.status)
			_, _ = io.WriteString(w, said)
		}))
		s.API, s.key = door.URL, "secret"
		if err := s.Deliver(t.Context(), corpus[0]); (err == nil) != want.genuine {
			t.Errorf("%q to a genuine message: %v", said, err)
		}
		if err := s.DeliverForged(t.Context(), corpus[0]); (err == nil) != want.forged {
			t.Errorf("%q to a forged message: %v", said, err)
		}
		door.Close()
	}
}

// TestNoAnswerAndAnotherOrderAreTold tells the API's two answers that a scenario can do something about
// from the rest.
func TestNoAnswerAndAnotherOrderAreTold(t *testing.T) {
	s, _ := signing(t)
	for status, is := range map[int]struct{ unavailable, conflict bool }{
		http.StatusServiceUnavailable: {unavailable: true}, http.StatusConflict: {conflict: true}, http.StatusInternalServerError: {},
	} {
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		s.API = api.URL
		err := s.StartOrder(t.Context(), "bench-1")
		if err == nil || errors.Is(err, ErrUnavailable) != is.unavailable || errors.Is(err, ErrConflict) != is.conflict {
			t.Errorf("%d: %v, want %+v", status, err, is)
		}
		api.Close()
	}
}

func TestAddresses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "addresses.json")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"api":"http://a","ui":"http://u","simulator":"http://s","temporal":"t:1","pid":7}`)
	at, err := ReadAddresses(file)
	if err != nil || at.PID != 7 || at.door() != "http://a" || len(at.metrics()) != 1 {
		t.Errorf("%+v: %v", at, err)
	}
	if got, want := at.keyFile("", appID), filepath.Join(dir, "keys", appID, "alipay_private.pem"); got != want {
		t.Errorf("the key is looked for in %s, want %s", got, want)
	}
	if err := os.WriteFile(filepath.Join(dir, "api-key"), []byte("a-key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if at.apiKey() != "a-key" || (Addresses{dir: filepath.Join(dir, "none")}).apiKey() != "" {
		t.Errorf("the API key is %q", at.apiKey())
	}
	write(`{"api":"http://a","simulator":"http://s","temporal":"t:1","pid":7,"door":"http://d","metrics":["http://m","http://n"]}`)
	at, err = ReadAddresses(file)
	if err != nil || at.door() != "http://d" || len(at.metrics()) != 2 {
		t.Errorf("%+v: %v", at, err)
	}
	for name, text := range map[string]string{"another program's": `{"api":"http://a"}`, "no JSON": `api`} {
		write(text)
		if _, err := ReadAddresses(file); !command.IsUsage(err) || !strings.Contains(err.Error(), "addresses.json") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadAddresses(filepath.Join(dir, "none")); !command.IsUsage(err) {
		t.Errorf("no file: %v", err)
	}
}

// TestOnlyAnAnsweringStandaloneIsMeasured starts what is not a standalone.
func TestOnlyAnAnsweringStandaloneIsMeasured(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "standalone")
	if _, err := Start(t.Context(), program, "", 60); !command.IsUsage(err) {
		t.Errorf("no program: %v", err)
	}
	// It knows --help, and ends at once otherwise.
	script := "#!/bin/sh\n[ \"$1\" = --help ] || { echo it is broken; exit 1; }\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	before, _ := filepath.Glob(filepath.Join(os.TempDir(), "miniflow-bench-*"))
	if _, err := Start(t.Context(), program, "", 60); !command.IsUsage(err) || !strings.Contains(err.Error(), "it is broken") {
		t.Errorf("a program that ends: %v", err)
	}
	after, _ := filepath.Glob(filepath.Join(os.TempDir(), "miniflow-bench-*"))
	if len(after) > len(before) {
		t.Errorf("its directory is left: %v", after)
	}
}

// TestACounterForEachProcess reads a cluster's processes by their names, each with what runs below it.
func TestACounterForEachProcess(t *testing.T) {
	stat := func(pid, parent, ticks int) *fstest.MapFile {
		return &fstest.MapFile{Data: fmt.Appendf(nil, "%d (a program) S %d 0 0 0 0 0 0 0 0 0 %d 0 0 0 0 0", pid, parent, ticks)}
	}
	status := func(kilobytes int) *fstest.MapFile {
		return &fstest.MapFile{Data: fmt.Appendf(nil, "VmRSS:\t%d kB\n", kilobytes)}
	}
	s := &System{
		Addresses: Addresses{PID: 1, Processes: map[string]int{"door": 2, "postgres": 3}},
		proc: measure.In(fstest.MapFS{
			"1/stat": stat(1, 0, 5), "2/stat": stat(2, 1, 30), "3/stat": stat(3, 1, 40), "4/stat": stat(4, 3, 7),
			"2/status": status(50), "3/status": status(60), "4/status": status(1),
		}),
	}
	cpu, err := s.CPUByProcess()
	if want := map[string]time.Duration{"door": 300 * time.Millisecond, "postgres": 470 * time.Millisecond}; err != nil || !maps.Equal(cpu, want) {
		t.Errorf("%v, %v; want %v", cpu, err, want)
	}
	resident, err := s.ResidentByProcess()
	if want := map[string]int64{"door": 50 << 10, "postgres": 61 << 10}; err != nil || !maps.Equal(resident, want) {
		t.Errorf("%v, %v; want %v", resident, err, want)
	}
	s.Processes["worker-1"] = 9
	if _, err := s.CPUByProcess(); err == nil || !strings.Contains(err.Error(), "worker-1") {
		t.Errorf("a process that has ended: %v", err)
	}
}
