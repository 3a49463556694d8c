package demotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/log"
	"google.golang.org/protobuf/proto"
)

// hides fails the test when a text stands in the history in clear. The wire form
// of a history holds every text and payload as it is.
func (r *recording) hides(t *testing.T, texts []string) {
	t.Helper()
	wire, err := proto.Marshal(r.history)
	must(t, err)
	if !bytes.Contains(wire, []byte(appID)) {
		t.Errorf("%s does not show the app's id: texts are not found in it", r.Name)
	}
	for _, text := range texts {
		if bytes.Contains(wire, []byte(text)) {
			t.Errorf("%s shows %q", r.Name, text)
		}
	}
}

// tokens are the authorisations of every mini program that Alipay knows.
func tokens(t *testing.T) []string {
	t.Helper()
	var state struct {
		MiniPrograms []struct {
			MiniAppID string `json:"mini_app_id"`
		} `json:"mini_programs"`
	}
	must(t, running.sim.Call(t.Context(), http.MethodGet, "/sim/v1/state", nil, &state))
	var all []string
	for _, mini := range state.MiniPrograms {
		var token struct {
			Token   string `json:"app_auth_token"`
			Refresh string `json:"app_refresh_token"`
		}
		must(t, running.sim.Call(t.Context(), http.MethodGet, "/sim/v1/mini-programs/"+mini.MiniAppID+"/token", nil, &token))
		if token.Token == "" || token.Refresh == "" {
			t.Errorf("%s has no token to look for", mini.MiniAppID)
		}
		all = append(all, token.Token, token.Refresh)
	}
	if len(all) == 0 {
		t.Error("Alipay knows no mini program")
	}
	return all
}

// write writes every history, an event a line, and the manifest that counts them.
func write(dir string, recordings []recording) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	for _, r := range recordings {
		if err := r.write(dir); err != nil {
			return fmt.Errorf("write %s: %w", r.Name, err)
		}
	}
	slices.SortFunc(recordings, func(a, b recording) int { return strings.Compare(a.Name, b.Name) })
	manifest, err := json.MarshalIndent(map[string]any{"histories": recordings}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "manifest.json"), append(manifest, '\n'), 0o644)
}

// write writes the form that Temporal's own tools read.
func (r recording) write(dir string) error {
	var text bytes.Buffer
	text.WriteString("{\"events\":[\n")
	for i, event := range r.history.GetEvents() {
		if i > 0 {
			text.WriteString(",\n")
		}
		line, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(event)
		if err != nil {
			return err
		}
		if err := json.Compact(&text, line); err != nil {
			return err
		}
	}
	text.WriteString("\n]}\n")
	return os.WriteFile(filepath.Join(dir, r.Name+".json"), text.Bytes(), 0o644)
}

// quiet is a logger for what is expected.
func quiet() log.Logger { return log.NewStructuredLogger(slog.New(slog.DiscardHandler)) }
