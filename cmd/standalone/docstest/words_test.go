package docstest

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"miniflow/cmd/standalone/internal/outside"
)

// texts reads the documents of both languages.
func texts(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, p := range pages() {
		for _, name := range []string{p.name, p.chinese} {
			if name == "" {
				continue
			}
			text, err := os.ReadFile(filepath.Join(root, name))
			must(t, err)
			all[name] = string(text)
		}
	}
	return all
}

var (
	flagName    = regexp.MustCompile("(^|[\\s`\\[])--(?:\\[no-\\])?([a-z][a-z0-9-]+)")
	commandName = regexp.MustCompile(`(?m)^  ([a-z-]+(?: [a-z-]+)?)( |$)`)
)

// flags asks a program for its help, and returns the flags that it names there.
func flags(t *testing.T, program string, command ...string) (names []string, help string) {
	t.Helper()
	process, err := outside.Start(t.Context(), filepath.Join(everything, program), append(command, "--help"), nil)
	must(t, err)
	must(t, process.Wait(within(t)))
	help = string(process.Output())
	for _, found := range flagName.FindAllStringSubmatch(help, -1) {
		names = append(names, found[2])
	}
	return names, help
}

// TestEveryFlagIsShownAndIsOne checks that what a document calls a flag is one, and that
// docs/cli.md has every flag of miniflow and alipaysim, and docs/postgresql.md those of the cluster.
func TestEveryFlagIsShownAndIsOne(t *testing.T) {
	known := map[string]bool{"profile": true} // docker compose's
	whole, help := flags(t, "miniflow")
	commands := commandName.FindAllStringSubmatch(help, -1)
	if len(commands) < 25 {
		t.Fatalf("only %d commands are in the help: %s", len(commands), help)
	}
	for _, command := range commands {
		more, _ := flags(t, "miniflow", strings.Fields(command[1])...)
		whole = append(whole, more...)
	}
	simulated, _ := flags(t, "alipaysim")
	whole = append(whole, simulated...)
	slices.Sort(whole)
	whole = slices.DeleteFunc(slices.Compact(whole), func(name string) bool { return name == "help" })
	all := texts(t)
	for _, name := range whole {
		known[name] = true
		for _, document := range []string{"docs/cli.md", "docs/cli.zh-CN.md"} {
			if !regexp.MustCompile("(^|[\\s`])--" + name + "([\\s`,]|$)").MatchString(all[document]) {
				t.Errorf("%s does not show --%s", document, name)
			}
		}
	}
	own, _ := flags(t, "miniflow-standalone")
	for _, name := range own {
		known[name] = true
	}
	cluster, _ := flags(t, "miniflow-cluster")
	for _, name := range cluster {
		known[name] = true
		for _, document := range []string{"docs/postgresql.md", "docs/postgresql.zh-CN.md"} {
			if name != "help" && name != "version" && !strings.Contains(all[document], "--"+name) {
				t.Errorf("%s does not show --%s", document, name)
			}
		}
	}
	for document, text := range all {
		for _, found := range flagName.FindAllStringSubmatch(text, -1) {
			if !known[found[2]] && found[2] != "help" {
				t.Errorf("%s names --%s, and no program has it", document, found[2])
			}
		}
	}
}

var (
	callName    = regexp.MustCompile("(GET|POST|PUT|DELETE) ((?:/v1|/sim/v1)/[^\\s`?\"']*)")
	placeholder = regexp.MustCompile(`\{[^}]*\}`)
)

// newNeighbour is a reader beside the standalone, which it starts where no document has.
func newNeighbour(t *testing.T) *reader {
	t.Helper()
	r := newReader(t, "docs/api.md")
	if _, there := shared[standalone]; !there {
		command := shown{text: standalone}
		r.follow(command, rowFor(rows(), command))
	}
	return r
}

// TestEveryPlaceThatIsNamedAnswers asks /readyz, /metrics and the others outside of /v1.
func TestEveryPlaceThatIsNamedAnswers(t *testing.T) {
	r, found := newNeighbour(t), 0
	place := regexp.MustCompile("`(?:GET )?(/[a-z0-9.-]+)`")
	for document, text := range texts(t) {
		if !strings.HasPrefix(document, "docs/") {
			continue
		}
		for _, named := range place.FindAllStringSubmatch(text, -1) {
			if !slices.Contains([]string{"/v1", "/replay", "/discard", "/proc"}, named[1]) {
				found++
				if err := r.api().Call(t.Context(), http.MethodGet, named[1], nil, nil); err != nil {
					t.Errorf("%s names %s: %v", document, named[1], err)
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d places were found", found)
	}
}

// TestEveryCallIsShownAndIsOne checks that the calls that a document names are those of the API's
// own description and of the simulator, and docs/api.md has every call of the API.
func TestEveryCallIsShownAndIsOne(t *testing.T) {
	r := newNeighbour(t)
	var described struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	must(t, r.api().Call(t.Context(), http.MethodGet, "/openapi.json", nil, &described))
	known := map[string]bool{}
	for path, operations := range described.Paths {
		for method := range operations {
			known[strings.ToUpper(method)+" "+placeholder.ReplaceAllString(path, "{}")] = true
		}
	}
	seen := map[string]map[string]bool{}
	for document, text := range texts(t) {
		seen[document] = map[string]bool{}
		for _, found := range callName.FindAllStringSubmatch(text, -1) {
			call := found[1] + " " + placeholder.ReplaceAllString(found[2], "{}")
			seen[document][call] = true
			switch {
			case strings.HasPrefix(found[2], "/sim/"):
				if !r.simulatorHas(placeholder.ReplaceAllString(found[2], "x")) {
					t.Errorf("%s names %s, and the simulator has no such place", document, call)
				}
			case !known[call] && !known[strings.Replace(call, "/orders/{}/{}/{}", "/orders/{}/{}/cancel", 1)]:
				t.Errorf("%s names %s, and the API has no such call", document, call)
			}
		}
	}
	for _, p := range pages() {
		if p.chinese != "" && !maps.Equal(seen[p.name], seen[p.chinese]) {
			t.Errorf("%s and %s name other calls:\n%v\n%v", p.name, p.chinese, slices.Sorted(maps.Keys(seen[p.name])), slices.Sorted(maps.Keys(seen[p.chinese])))
		}
	}
	for call := range known {
		for _, document := range []string{"docs/api.md", "docs/api.zh-CN.md"} {
			command := regexp.MustCompile(`^POST /v1/orders/\{\}/\{\}/[a-z-]+$`).ReplaceAllString(call, "POST /v1/orders/{}/{}/{}")
			if strings.Contains(call, " /v1/") && !seen[document][call] && !seen[document][command] {
				t.Errorf("%s does not show %s", document, call)
			}
		}
	}
}

// simulatorHas asks for a place by a method that no place has, so that nothing happens.
func (r *reader) simulatorHas(path string) bool {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPatch, r.simulator().Base+path, nil)
	must(r.t, err)
	answer, err := http.DefaultClient.Do(request)
	must(r.t, err)
	must(r.t, answer.Body.Close())
	return answer.StatusCode == http.StatusMethodNotAllowed
}
