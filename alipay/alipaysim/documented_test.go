package alipaysim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"miniflow/alipay/alipaysim"
)

// documented are the calls that a page describes, each with the body that it shows.
func documented(t *testing.T, page string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]string{}
	heading, block := regexp.MustCompile("^### `([A-Z]+ /sim/v1/\\S+)`"), regexp.MustCompile("(?s)```json\n(.*?)```")
	for section := range strings.SplitSeq("\n"+string(text), "\n### ") {
		if name := heading.FindStringSubmatch("### " + section); name != nil {
			calls[name[1]] = ""
			if body := block.FindStringSubmatch(section); body != nil {
				calls[name[1]] = body[1]
			}
		}
	}
	return calls
}

// routes are the calls that the simulator has.
func (w *world) routes() (all []string) {
	w.t.Helper()
	router, ok := w.sim.Handler().(chi.Routes)
	if !ok {
		w.t.Fatal("the handler shows no routes")
	}
	err := chi.Walk(router, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if strings.HasPrefix(route, "/sim/v1/") {
			all = append(all, method+" "+route)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// ready makes a world in which a call makes sense, and returns what stands for its placeholders.
func ready(t *testing.T, call string) (w *world, named map[string]string) {
	t.Helper()
	if strings.HasSuffix(call, "/rotate") {
		w, _ = certified(t)
		return w, map[string]string{"{id}": appID}
	}
	w = newWorld(t)
	named = map[string]string{"{name}": "pass"}
	switch {
	case strings.Contains(call, "/files/"):
		named["{name}"] = "logo.png"
	case strings.Contains(call, "/apps/"):
		named["{id}"] = appID
	case strings.HasSuffix(call, "/answer"):
		named["{order_no}"] = w.call("alipay.open.mini.isv.create", "", createFields("demo-1")).text("order_no")
	case strings.HasSuffix(call, "/certify"):
		order := w.call("alipay.open.mini.isv.fastregister.create", "", map[string]string{"out_order_no": "demo-1", "uid": "2088000000000002", "app_name": "面馆"}).text("order_no")
		w.must("POST", "orders/"+order+"/answer", `{"status":"AGREED"}`)
		for _, mini := range w.must("GET", "state?only=mini_programs", "")["mini_programs"].([]any) {
			named["{id}"] = mini.(map[string]any)["mini_app_id"].(string)
		}
	case strings.Contains(call, "/mini-programs/"):
		w.rules(phaseRules)
		phase := alipaysim.Auditing
		if strings.HasSuffix(call, "/take-down") {
			phase = alipaysim.Release
		}
		named["{id}"], _ = w.versionIn(phase, 1)
	}
	return w, named
}

// TestEveryManagementCallIsDocumented makes each call of docs/simulator.md with the body that stands
// there, and holds both languages to the calls that there are.
func TestEveryManagementCallIsDocumented(t *testing.T) {
	english, chinese := documented(t, "simulator.md"), documented(t, "simulator.zh-CN.md")
	have := newWorld(t).routes()
	slices.Sort(have)
	for page, calls := range map[string]map[string]string{"English": english, "简体中文": chinese} {
		if described := slices.Sorted(maps.Keys(calls)); !slices.Equal(described, have) {
			t.Errorf("%s describes %q, and there are %q", page, described, have)
		}
	}
	for call, body := range english {
		t.Run(call, func(t *testing.T) {
			if chinese[call] != body {
				t.Errorf("简体中文 shows %q", chinese[call])
			}
			w, named := ready(t, call)
			method, path, _ := strings.Cut(call, " ")
			for placeholder, value := range named {
				path = strings.ReplaceAll(path, placeholder, value)
			}
			if body != "" && !json.Valid([]byte(body)) {
				t.Errorf("no JSON: %s", body)
			}
			body = strings.ReplaceAll(body, "2021000000000000", appID) // the app that the documents show
			request, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			answer, err := w.client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			_, _ = fmt.Fprint(&said, answer.Status)
			if answer.StatusCode >= http.StatusMultipleChoices {
				_ = answer.Write(&said)
				t.Error(said.String())
			}
			_ = answer.Body.Close()
		})
	}
}
