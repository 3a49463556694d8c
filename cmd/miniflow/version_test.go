package main

import (
	"debug/buildinfo"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
)

// TestTheVersionIsThatOfTheBuild builds the program, once as it stands and once with the
// version that a release sets, and asks it.
func TestTheVersionIsThatOfTheBuild(t *testing.T) {
	for name, flags := range map[string][]string{
		"as it stands": nil,
		"a release":    {"-ldflags", "-X miniflow/cmd/internal/command.version=v9.8.7"},
	} {
		t.Run(name, func(t *testing.T) {
			binary := filepath.Join(t.TempDir(), "miniflow")
			run(t, "go", append(append([]string{"build", "-o", binary}, flags...), ".")...)
			stamped, err := buildinfo.ReadFile(binary)
			if err != nil {
				t.Fatal(err)
			}
			want := command.Build{Program: "miniflow", Version: stamped.Main.Version, Go: stamped.GoVersion}
			if flags != nil {
				want.Version = "v9.8.7"
			}
			for _, setting := range stamped.Settings {
				switch setting.Key {
				case "vcs.revision":
					want.Revision = setting.Value
				case "vcs.time":
					want.Time = setting.Value
				case "vcs.modified":
					want.Modified = setting.Value == "true"
				}
			}
			for _, args := range [][]string{{"version", "-o", "json"}, {"--version", "--output", "json"}, {"-o", "json", "--version"}} {
				var got command.Build
				if text := run(t, binary, args...); json.Unmarshal([]byte(text), &got) != nil || got != want {
					t.Errorf("%v prints %s, want %+v", args, text, want)
				}
			}
			for _, args := range [][]string{{"version"}, {"--version"}, {"serve", "--version"}} {
				if text := run(t, binary, args...); !strings.HasPrefix(text, "miniflow "+want.Version+"\n") {
					t.Errorf("%v prints %s", args, text)
				}
			}
		})
	}
}

// run runs another program to its end and returns what it prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output() //nolint:gosec // arguments of this test
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}
