package backtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/backtest"
	"miniflow/cmd/miniflow/internal/backtest/report"
	"miniflow/cmd/miniflow/internal/backtest/synth"
	"miniflow/cmd/miniflow/internal/verifying"
)

// handler is an old handler's log, with the key that Alipay signed with.
type handler struct {
	t      testing.TB
	folder string
	truth  synth.Truth
	text   []byte
	stdin  io.Reader
}

// logged writes a synthetic log, to be kept by its test as files.
func logged(t testing.TB, log synth.Log) *handler {
	t.Helper()
	var text bytes.Buffer
	truth, key, err := log.Write(&text)
	if err != nil {
		t.Fatal(err)
	}
	h := &handler{t: t, folder: t.TempDir(), truth: truth, text: text.Bytes()}
	public, err := key.PublicPEM()
	if err != nil {
		t.Fatal(err)
	}
	h.file("alipay_public.pem", public)
	return h
}

func (h *handler) file(name string, text []byte) string {
	h.t.Helper()
	path := filepath.Join(h.folder, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		h.t.Fatal(err)
	}
	return path
}

// run runs the command on logs, with its flags set, and returns what it prints, and its error.
func (h *handler) run(asJSON bool, c backtest.Command, logs ...string) (string, error) {
	var out, errs bytes.Buffer
	env := &command.Env{Getenv: func(string) string { return "" }, Stdin: h.stdin, Stdout: &out, Stderr: &errs, Now: time.Now, JSON: asJSON}
	c.Keys, c.Logs = verifying.Keys{PublicKey: []string{filepath.Join(h.folder, "alipay_public.pem")}}, logs
	err := c.Run(context.Background(), env)
	if errs.Len() > 0 {
		h.t.Errorf("standard error is no terminal, and has %q", errs.String())
	}
	return out.String(), err
}

// report runs the command and reads its JSON.
func (h *handler) report(orders int, logs ...string) report.Report {
	h.t.Helper()
	text, err := h.run(true, backtest.Command{Orders: orders}, logs...)
	if err != nil && !errors.Is(err, command.ErrNo) {
		h.t.Fatal(err)
	}
	var found report.Report
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		h.t.Fatal(err)
	}
	return found
}
