package alipaysim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// manage makes a management call and returns the status and the body.
func (w *world) manage(method, path, body string) (int, map[string]any) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+"/sim/v1/"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := w.client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var out map[string]any
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return response.StatusCode, out
}

// must makes a management call that has to work.
func (w *world) must(method, path, body string) map[string]any {
	w.t.Helper()
	status, out := w.manage(method, path, body)
	if status >= 300 {
		w.t.Fatalf("%s %s: %d %v", method, path, status, out)
	}
	return out
}

// rules sets the rule set from JSON.
func (w *world) rules(text string) { w.t.Helper(); w.must("PUT", "rules", text) }

// faults sets the faults from JSON.
func (w *world) faults(text string) { w.t.Helper(); w.must("PUT", "faults", text) }

// logo fetches the sample logo.
func (w *world) logo() []byte {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.server.URL+"/sim/v1/files/logo.png", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := w.client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	picture, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return picture
}

// mustJSON is JSON of a value that has one.
func mustJSON(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(raw)
}
